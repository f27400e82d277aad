import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.four_times import make


@given(st.integers(4, 120), st.integers(9, 90), st.integers(0, 99))
def test_a_segment_is_said_four_times_and_nothing_else_repeats(size: int, length: int, seed: int) -> None:
    batch = make(Vocabulary(size, 0, frozenset()), 3, length, seed)
    for row in batch.tokens[:, 1:].tolist():
        counts = {token: row.count(token) for token in row}
        assert set(counts.values()) <= {1, 4}
        segment = [token for token in row if counts[token] == 4][: len(row) // 4]
        n_segment = sum(count == 4 for count in counts.values())
        assert n_segment >= 2
        assert row[-4 * n_segment :] == segment[:n_segment] * 4


def test_segments_differ_in_length_between_prompts() -> None:
    batch = make(Vocabulary(500, 0, frozenset()), 8, 200, 0)
    lengths = {len(row) - len(set(row)) for row in batch.tokens.tolist()}
    assert len(lengths) > 1


def test_too_small_a_vocabulary_and_too_short_a_prompt_are_refused_with_numbers() -> None:
    with pytest.raises(NoTargetError, match="holds 1 ordinary tokens"):
        make(Vocabulary(2, 0, frozenset()), 2, 40, 0)
    with pytest.raises(NoTargetError, match="needs 8 tokens, and prompts of 8 hold 7"):
        make(Vocabulary(50, 0, frozenset()), 2, 8, 0)
