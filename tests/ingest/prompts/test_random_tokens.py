import pytest

from ingest.errors import PromptError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.random_tokens import make


def test_no_token_repeats_where_the_vocabulary_is_large_enough() -> None:
    batch = make(Vocabulary(size=100, bos_id=1, special_ids=frozenset({1})), 8, 64, seed=0)
    assert batch.tokens.shape == (8, 64)
    assert all(len(set(row)) == 64 for row in batch.tokens.tolist())


def test_a_small_vocabulary_is_gone_through_before_a_token_repeats() -> None:
    batch = make(Vocabulary(size=5, bos_id=None, special_ids=frozenset()), 8, 12, seed=0)
    assert all(sorted(row[:5]) == [0, 1, 2, 3, 4] == sorted(row[5:10]) for row in batch.tokens.tolist())


def test_a_vocabulary_of_one_token_is_refused() -> None:
    with pytest.raises(PromptError, match="holds 1 ordinary tokens"):
        make(Vocabulary(size=2, bos_id=0, special_ids=frozenset({0})), 4, 12, seed=0)
