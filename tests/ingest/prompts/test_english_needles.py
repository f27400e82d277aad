import re

import pytest
import torch

from ingest.errors import NoTargetError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.english_needles import make

WORDS: dict[str, int] = {}


def encode(text: str) -> list[int]:
    """A tokenizer of words, which learns each word when it meets it."""
    return [WORDS.setdefault(piece, 2 + len(WORDS)) for piece in re.findall(r" ?\w+| ?[^\w\s]+|\n", text)]


def decode(ids: torch.Tensor) -> str:
    pieces = {number: piece for piece, number in WORDS.items()}
    return "".join(pieces[i] for i in ids.tolist())


READING = Vocabulary(10**5, 0, frozenset({0, 1}), encode=encode)


def test_the_question_ends_where_the_needle_goes_on() -> None:
    batch = make(READING, 8, 400, seed=0)
    for tokens, is_real, is_marked in zip(batch.tokens, batch.is_real, batch.is_marked, strict=True):
        needle, text = decode(tokens[is_marked]), decode(tokens[is_real][1:])
        beginning, town = re.search(r"(\nThe keeper of the lighthouse at (\w+) is called)$", text).groups()
        assert text.count(beginning + needle) == 1
        assert re.fullmatch(r" \w+ \w+, and the boat is named after a \w+ \w+\.\n", needle)
        assert f"\nQuestion: Who keeps the lighthouse at {town}," in text


def test_what_is_to_be_written_fits_into_the_length() -> None:
    batch = make(READING, 8, 400, seed=0)
    assert batch.tokens.shape[1] + 32 <= 400


def test_tokenizers_that_cut_too_finely_or_are_missing_are_refused_with_the_numbers() -> None:
    characters = planted_tokenizer()
    fine = Vocabulary(128, 0, frozenset({0, 1}), encode=lambda text: characters.encode(text, add_special_tokens=False))
    with pytest.raises(NoTargetError, match=r"into \d\d tokens, and 32 are decoded"):
        make(fine, 4, 400, 0)
    with pytest.raises(NoTargetError, match="no tokenizer"):
        make(Vocabulary(128, 0, frozenset()), 4, 400, 0)
    with pytest.raises(NoTargetError, match="it needs 64"):
        make(READING, 4, 120, 0)
