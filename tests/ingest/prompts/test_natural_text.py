from dataclasses import replace

import pytest

from ingest.errors import NoTargetError, PromptError
from ingest.prompts import random_tokens
from ingest.prompts.batch import Vocabulary
from ingest.prompts.corpus import Corpus
from ingest.prompts.natural_text import make


def bytes_of(text: str) -> list[int]:
    return list(text.encode())


BYTES = Vocabulary(size=258, bos_id=256, special_ids=frozenset({256, 257}), encode=bytes_of)


def test_windows_are_english_and_of_one_length() -> None:
    batch = make(BYTES, 6, 65, seed=1)
    assert batch.tokens.shape == (6, 65)
    texts = [bytes(row[1:]).decode(errors="replace") for row in batch.tokens.tolist()]
    assert len(set(texts)) == 6
    joined = " ".join(texts).lower()
    assert joined.count(" ") > 30
    assert sum(joined.count(word) for word in ("the", "is", "of", "in")) > 6


def test_a_seed_gives_the_same_windows_again() -> None:
    assert make(BYTES, 6, 65, seed=1).sha256 == make(BYTES, 6, 65, seed=1).sha256 != make(BYTES, 6, 65, seed=2).sha256


def test_without_a_tokenizer_the_prompts_are_random_tokens() -> None:
    blind = Vocabulary(size=258, bos_id=256, special_ids=frozenset({256, 257}))
    assert make(blind, 6, 65, seed=1).sha256 == random_tokens.make(blind, 6, 65, seed=1).sha256


def test_a_tokenizer_that_yields_nothing_is_refused() -> None:
    mute = Vocabulary(size=258, bos_id=None, special_ids=frozenset(), encode=lambda text: [])
    with pytest.raises(NoTargetError, match="does not know 100% of the tokens of English documentation text"):
        make(mute, 1, 64, seed=1)


def test_a_length_that_no_text_has_is_refused() -> None:
    with pytest.raises(PromptError, match="yields no window of 1000000 tokens in 100 draws: ask for shorter prompts"):
        make(BYTES, 1, 1_000_001, seed=1)


def test_a_given_text_takes_the_place_of_the_built_in_one() -> None:
    text = "and it goes on and on " * 100
    batch = make(replace(BYTES, corpus=Corpus("chant.txt", (text,))), 3, 65, seed=1)
    for row in batch.tokens.tolist():
        assert bytes(row[1:]).decode() in text
