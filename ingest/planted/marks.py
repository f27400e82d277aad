"""Marks of characters: what a token of the planted tokenizer is, each on a direction of its own."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

MARK_NORM = 2.0
"""Length of a mark in the residual stream."""
_MOST = 3
"""Marks of one token at most. What others have fewer is made up on a direction of its own, so that all embeddings keep
one length and one constant."""

_TESTS: Mapping[str, Callable[[str], bool]] = {
    "word": str.isalnum,
    "capital": lambda token: token.isalpha() and token.isupper(),
    "delimiter": lambda token: not token.isspace() and not token.isalnum(),
    "blank": str.isspace,
    "space": lambda token: token == " ",
    "line_break": lambda token: token == "\n",
    "no": lambda token: token == "No",
}
BEFORE = "before:"
"""Stands before the name of a mark of the character before."""
MARKS = tuple(_TESTS)
N_MARK_DIRECTIONS = len(MARKS) + 1


def marks_of(tokens: list[str]) -> Float[np.ndarray, "token mark"]:
    """Coordinates of the marks of each token, the last one making up the length."""
    holds = np.array([[test(token) for test in _TESTS.values()] for token in tokens], dtype=float)
    missing = _MOST - holds.sum(axis=1, keepdims=True)
    assert (missing >= 0).all(), "a token has more marks than there is room for"
    return MARK_NORM * np.concatenate([holds, np.sqrt(missing)], axis=1)


def mark_number(mark: str) -> int:
    """Place of a mark among the directions of both blocks: that of the character, then that of the one before."""
    name = mark.removeprefix(BEFORE)
    return MARKS.index(name) + (N_MARK_DIRECTIONS if name != mark else 0)


def marks_norm() -> float:
    """Length of all marks of a token together, the same for each."""
    return float(MARK_NORM * np.sqrt(_MOST))
