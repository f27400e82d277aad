"""Kinds of evidence that a detector can rest on, and the one shape in which all of them end.

Whatever is looked at, a detector ends in one value for each head and each *unit*, with what chance and a null model
would give for the same unit. A unit is a prompt where prompts are read and an item (a word, a pair of words) where
weights are. Scores, intervals, p-values and verdicts are therefore written once, in `scoring.py` and `verdict.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.measure import Measurement
from ingest.verdict import GateOutcome


class Evidence(StrEnum):
    """What a detector looks at."""

    PATTERN = "pattern"
    """Attention mass on chosen keys: `engine/streaming.py`."""
    DIRECT_LOGIT = "direct_logit"
    """What a head writes on real inputs, read through the unembedding: `engine/logits.py`."""
    WEIGHTS = "weights"
    """Circuits of the weights, without prompts: `weights.py`."""
    DECODING = "decoding"
    """Attention while the language model writes on: `decoding.py`."""
    MOMENTS = "moments"
    """Entropy, distance and variance of attention: a metric of each head, and no claim about it."""
    CAUSAL = "causal"
    """What a change to a head, or to what it hands on, does to a task: `interventions/`, `task_pass.py`."""


@dataclass(frozen=True)
class ItemScores:
    """What a detector of weights, of decoding or of cause found, item by item."""

    value: Float[Tensor, "layer head item"]
    """Float32 on the CPU; NaN where an item says nothing of a head. In [0, 1], but for effects: these are shares of a
    task, below 0 where the head works against it, and above 1 where others make up for part of it."""
    chance: Float[Tensor, " item"]
    """What a head that does nothing of the kind gets for each item, on average."""
    null: Float[Tensor, "layer head item"]
    """What the same head gets when the item is replaced by one that should mean nothing to it."""
    n_counted: Int[Tensor, " item"] | None = None
    """Observations behind each item: decoded tokens, for one; 1 for each where None."""
    gate: GateOutcome | None = None
    """Whether the behaviour that the type serves is there; None where the type needs none."""

    @property
    def counts(self) -> Int[Tensor, " item"]:
        """Observations behind each item."""
        return torch.ones_like(self.chance, dtype=torch.long) if self.n_counted is None else self.n_counted

    def as_measurement(self) -> Measurement:
        """The values as the scoring reads them."""
        return Measurement(self.value, self.counts, self.chance)

    def null_as_measurement(self) -> Measurement:
        """The null model's values as the scoring reads them."""
        return Measurement(self.null, self.counts, self.chance)


# One reading by name for most detectors; several where a head is scored by the one that fits it best.
ItemReadings = Mapping[str, ItemScores]
