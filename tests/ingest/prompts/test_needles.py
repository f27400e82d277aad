import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.needles import NEEDLE_LENGTH, depths, haystack_lengths, make, make_answered


@given(st.integers(12, 300), st.integers(40, 200), st.integers(0, 9))
def test_the_needle_follows_its_marker_which_ends_the_prompt_and_stands_nowhere_else(
    size: int, length: int, seed: int
) -> None:
    batch = make(Vocabulary(size, 0, frozenset({0})), 8, length, seed)
    assert batch.tokens.shape[1] == length - NEEDLE_LENGTH
    for tokens, is_real, is_marked, needle in zip(
        batch.tokens, batch.is_real, batch.is_marked, batch.needle, strict=True
    ):
        marker = tokens[-1]
        begin = int(is_marked.long().argmax())
        assert is_marked.sum() == NEEDLE_LENGTH
        assert torch.equal(tokens[is_marked], needle)
        assert tokens[begin - 1] == marker
        assert (tokens[is_real] == marker).sum() == 2
        assert len(set(needle.tolist())) == NEEDLE_LENGTH
        assert all((tokens[is_real] == token).sum() == 1 for token in needle)


def test_runs_sweep_over_lengths_and_depths() -> None:
    lengths = haystack_lengths(16, 200, 16)
    assert lengths == [50, 100, 150, 200] * 4
    assert depths(lengths)[:4] == [0, 0, 0, 0]
    assert depths(lengths)[12:] == lengths[12:]


def test_the_decoy_lies_in_the_haystack_beside_the_needle() -> None:
    batch = make(Vocabulary(300, 0, frozenset({0})), 16, 60, 0)
    assert (batch.is_decoy.sum(dim=1) == NEEDLE_LENGTH).all()
    assert not (batch.is_decoy & (batch.is_marked | ~batch.is_real)).any()
    assert not batch.is_decoy[:, -1].any()
    assert not (batch.is_decoy & batch.is_first).any()


def test_an_answered_prompt_is_the_same_prompt_and_then_the_needle() -> None:
    vocabulary = Vocabulary(300, 0, frozenset({0}))
    asked, answered = make(vocabulary, 4, 60, 1), make_answered(vocabulary, 4, 60, 1)
    n = NEEDLE_LENGTH - 1
    assert torch.equal(answered.tokens[:, :-n], asked.tokens)
    assert torch.equal(answered.tokens[:, -n:], answered.needle[:, :-1])
    # The marker writes the first token of the needle, its last but one the last.
    assert answered.is_answer.sum(dim=1).tolist() == [NEEDLE_LENGTH] * 4
    assert answered.is_answer[:, -NEEDLE_LENGTH:].all()
    assert not asked.is_answer.any()


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    with pytest.raises(NoTargetError, match=r"leave 11 tokens for a haystack, and it needs 16.*longer by 5"):
        make(Vocabulary(300, 0, frozenset()), 4, 30, 0)
    with pytest.raises(NoTargetError, match="holds 9 ordinary tokens"):
        make(Vocabulary(10, 0, frozenset()), 4, 60, 0)
