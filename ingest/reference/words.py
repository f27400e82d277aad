"""The closed vocabulary of the reference language model: what its training texts say, and what stands in any text."""

import random
from collections.abc import Iterable

from ingest.reference.documents import Texts
from ingest.reference.filler import plain_words
from ingest.reference.tokenizer import BOS, UNKNOWN, split

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
DIGITS = tuple("0123456789")
PAIRS_OF_DIGITS = tuple(f"{number:02d}" for number in range(100))
PUNCTUATION = (*".,;:!?'\"()[]{}<>-+*/=&%$#@_", "\n")
_N_SAMPLES = 1500
"""Texts of each source that are searched for words; every word of every source occurs in far fewer."""


def word_list(sources: Iterable[tuple[str, Texts]]) -> list[str]:
    """All tokens by id: special ones, signs, letters, digits, function words, then words of the texts in order.

    Args:
        sources: Name and maker of each kind of text.
    """
    function_words = [form for word in plain_words()["function_words"] for form in (word, word.capitalize())]
    found = {word for name, make in sources for word in _words_of(name, make)}
    fixed = [BOS, UNKNOWN, *PUNCTUATION, *DIGITS, *PAIRS_OF_DIGITS, *LETTERS, *function_words]
    return list(dict.fromkeys([*fixed, *sorted(found)]))


def _words_of(name: str, make: Texts) -> set[str]:
    generator = random.Random(f"words of {name}")
    return {word for _ in range(_N_SAMPLES) for word in split(make(generator))}
