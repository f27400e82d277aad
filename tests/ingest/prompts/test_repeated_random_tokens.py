import pytest
import torch

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.repeated_random_tokens import make, make_four_times, repeated_random_tokens

VOCABULARY = Vocabulary(size=500, bos_id=1, special_ids=frozenset({0, 1, 2}))


def test_a_segment_is_said_twice_and_ends_the_prompt() -> None:
    batch = make(VOCABULARY, 8, 41, seed=3)
    assert batch.tokens.shape == (8, 41)
    for row in batch.tokens[:, 1:].tolist():
        segment = next(n for n in range(20, 0, -1) if row[-n:] == row[-2 * n : -n])
        assert 15 <= segment <= 20  # up to a quarter shorter than half of 40
        assert len(set(row[:-segment])) == 40 - segment  # everything before the repetition is distinct


def test_segments_differ_in_length_so_that_no_fixed_distance_fits_all() -> None:
    batch = make(VOCABULARY, 32, 101, seed=0)
    first_copy = [row.index(row[-1]) for row in batch.tokens.tolist()]
    assert len({100 - position for position in first_copy}) > 5


def test_prompts_open_with_bos_and_use_no_special_token() -> None:
    batch = make(VOCABULARY, 8, 41, seed=3)
    assert batch.has_bos
    assert (batch.tokens[:, 0] == 1).all()
    assert not torch.isin(batch.tokens[:, 1:], torch.tensor([0, 1, 2])).any()


def test_without_bos_all_tokens_are_ordinary() -> None:
    batch = make(Vocabulary(size=500, bos_id=None, special_ids=frozenset({0})), 4, 40, seed=3)
    assert not batch.has_bos
    assert batch.tokens.shape == (4, 40)
    assert not batch.is_bos.any()
    assert batch.is_first[:, 0].all()


def test_a_small_vocabulary_shortens_the_segment() -> None:
    small = Vocabulary(size=15, bos_id=0, special_ids=frozenset({0}))
    batch = make(small, 4, 101, seed=0)
    assert batch.tokens.shape == (4, 1 + 2 * 14)


def test_a_vocabulary_too_small_for_any_segment_is_refused_with_the_numbers() -> None:
    with pytest.raises(PromptError, match=r"holds 2 ordinary tokens.* needs 4"):
        make(Vocabulary(size=3, bos_id=0, special_ids=frozenset({0})), 4, 101, seed=0)


def test_a_length_too_short_for_any_segment_is_refused_with_the_numbers() -> None:
    with pytest.raises(PromptError, match=r"8 tokens.*at least 9"):
        make(VOCABULARY, 4, 8, seed=0)


def test_no_prompts_are_refused() -> None:
    with pytest.raises(PromptError, match="at least 1"):
        make(VOCABULARY, 0, 41, seed=0)


def test_a_seed_gives_the_same_prompts_again_and_another_seed_others() -> None:
    hashes = [make(VOCABULARY, 4, repeated_random_tokens.default_length, seed).sha256 for seed in (5, 5, 6)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_segment_said_four_times_ends_the_prompt() -> None:
    batch = make_four_times(VOCABULARY, 8, 81, seed=3)
    assert batch.tokens.shape == (8, 81)
    lengths = set()
    for row in batch.tokens[:, 1:].tolist():
        segment = next(n for n in range(20, 0, -1) if row[-n:] * 4 == row[-4 * n :])
        assert 15 <= segment <= 20
        assert len(set(row)) == 80 - 3 * segment
        lengths.add(segment)
    assert len(lengths) > 1


def test_a_vocabulary_without_tokens_for_a_lead_in_gets_longer_segments() -> None:
    small = Vocabulary(size=31, bos_id=0, special_ids=frozenset({0}))
    batch = make_four_times(small, 16, 101, seed=0)  # four times 25 tokens of 30; a segment of 24 needs a lead-in of 4
    assert batch.tokens.shape == (16, 101)
    assert min(len(set(row)) for row in batch.tokens[:, 1:].tolist()) >= 25


def test_prompts_too_short_for_four_times_only_take_the_definition_away() -> None:
    with pytest.raises(NoTargetError, match="at least 17"):
        make_four_times(VOCABULARY, 4, 16, seed=0)
