"""Documents to train on: token ids, and how much the prediction of each counts."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Texts = Callable[[random.Random], str]
"""One text from a generator."""
Encode = Callable[[str], list[int]]
"""Text to ids, without BOS."""


@dataclass(frozen=True)
class Document:
    """A text as the language model reads it, BOS in front."""

    ids: list[int]
    weights: list[float]
    """How much the prediction of each token counts; BOS is predicted by nothing and has 0."""

    def __post_init__(self) -> None:
        assert len(self.ids) == len(self.weights), "one weight for each token"
