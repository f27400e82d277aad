"""Documents side by side, in batches of few shapes.

A CPU prepares its matrix products for each shape anew, and does so for half of the time where every batch has one of
its own. Documents wait until a batch of their length class is full.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.reference.documents import Document

_LENGTHS = (12, 16, 20, 24, 32, 40, 48, 64, 96, 128)
"""Classes of length in tokens; documents are padded to the next."""


@dataclass(frozen=True)
class Batch:
    """Documents padded on the right; a later token is seen by no earlier one, so that padding needs no mask."""

    tokens: Int[Tensor, "batch pos"]
    weights: Float[Tensor, "batch pos"]
    """How much the prediction of each token counts; 0 on BOS and padding."""


@dataclass
class BatchQueue:
    """Documents that wait for others of their length."""

    n_tokens: int
    """Of a batch, padding included."""
    _waiting: dict[int, list[Document]] = field(default_factory=lambda: {length: [] for length in _LENGTHS})

    def add(self, documents: Sequence[Document]) -> Iterator[Batch]:
        """Take documents in; the batches that are full with them."""
        for document in documents:
            length = next(each for each in _LENGTHS if each >= len(document.ids))
            waiting = self._waiting[length]
            waiting.append(document)
            if len(waiting) == self.n_tokens // length:
                yield _batch(waiting, length)
                waiting.clear()


def _batch(documents: Sequence[Document], length: int) -> Batch:
    def rows(name: str, padding: float) -> list[list[float]]:
        return [[*getattr(each, name), *[padding] * (length - len(each.ids))] for each in documents]

    return Batch(torch.tensor(rows("ids", 0)), torch.tensor(rows("weights", 0.0)))
