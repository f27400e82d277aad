"""Word lists written for this project: related pairs and ordered series, as the tokens of one language model.

One file a relation in `word_lists/`. A pair counts for a language model whose tokenizer spells both words with one
token each; with fewer than MIN_PAIRS of them nothing is measured.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ingest.errors import NoTargetError

MIN_PAIRS = 30
"""Fewest pairs of single tokens that a relation is measured on, as in Elhelo & Geva 2024, arXiv:2412.11965."""

_FOLDER = Path(__file__).with_name("word_lists")
_SUCCESSION = "succession"
_NO_RELATIONS = {_SUCCESSION, "sentences"}

TokenId = Callable[[str], int | None]


def relations() -> list[str]:
    """Names of the relations, in alphabetical order."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml") if file.stem not in _NO_RELATIONS)


@cache
def word_pairs(relation: str) -> list[tuple[str, str]]:
    """Source and target words of a relation."""
    read = tomllib.loads((_FOLDER / f"{relation}.toml").read_text(encoding="utf-8"))
    return [(source, target) for source, target in read["pairs"]]


def token_pairs(relation: str, token_id: TokenId) -> list[tuple[int, int]]:
    """Pairs of a relation whose words are one token each, and not the same token.

    Raises:
        NoTargetError: There are fewer than MIN_PAIRS of them.
    """
    pairs = word_pairs(relation)
    found = []
    for source_word, target_word in pairs:
        source = token_id(source_word)
        target = None if source is None else token_id(target_word)
        if source is not None and target is not None and source != target:
            found.append((source, target))
    if len(found) < MIN_PAIRS:
        raise NoTargetError(
            f"The tokenizer spells {len(found)} of the {len(pairs)} pairs of {relation} with one token a word, and "
            f"{MIN_PAIRS} are needed."
        )
    return found


@cache
def series() -> dict[str, list[str]]:
    """Ordered series by name: numbers, weekdays, months …"""
    read: dict[str, list[str]] = tomllib.loads((_FOLDER / f"{_SUCCESSION}.toml").read_text(encoding="utf-8"))
    return read
