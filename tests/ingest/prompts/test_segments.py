import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import NoTargetError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.segments import SENTENCES, make

TOKENIZER = planted_tokenizer()
READING = Vocabulary(128, 0, frozenset({0, 1}), encode=lambda text: TOKENIZER.encode(text, add_special_tokens=False))


def test_each_sentence_is_a_segment_that_ends_with_its_line() -> None:
    batch = make(READING, 3, 300, seed=0)
    for tokens, segment in zip(batch.tokens, batch.segment, strict=True):
        assert segment[0] == -1
        for number in range(int(segment.max())):  # the last one is cut short
            assert TOKENIZER.decode(tokens[segment == number].tolist()).removesuffix("\n") in SENTENCES


@given(st.integers(4, 60), st.integers(10, 90), st.integers(0, 9))
def test_random_segments_end_with_one_token_that_occurs_nowhere_else(size: int, length: int, seed: int) -> None:
    batch = make(Vocabulary(size, 0, frozenset({0})), 2, length, seed)
    for tokens, segment in zip(batch.tokens.tolist(), batch.segment.tolist(), strict=True):
        ends = [i for i in range(1, length - 1) if segment[i] != segment[i + 1]]
        assert ends
        assert all(tokens[i] == 1 for i in ends)
        assert tokens[1:-1].count(1) == len(ends) + (0 if tokens[-2] != 1 or length - 2 in ends else 1)
        assert segment[1:] == sorted(segment[1:])


def test_prompts_of_one_segment_are_refused() -> None:
    with pytest.raises(NoTargetError, match="40 tokens hold a single segment"):
        make(READING, 2, 40, 0)
    with pytest.raises(NoTargetError, match="single ordinary token"):
        make(Vocabulary(2, 0, frozenset()), 2, 40, 0)
