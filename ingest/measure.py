"""What the engine measures: attention mass on chosen keys, and what it returns.

A detector says which keys count; the engine says how much attention each head puts there. Both speak in the types of
this module, so that a detector touches no language model and the engine knows no detector.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

NO_KEY = -1


@dataclass(frozen=True)
class RelationalTargets:
    """For each query the keys that count: the token after the last copy, the token before …

    A query counts when it has at least one key. Positions are those of the padded batch; a key may not lie after its
    query, and neither may be padding.
    """

    keys: Int[Tensor, "batch pos target"]
    """Key positions; NO_KEY fills up the last axis."""

    @property
    def is_counted(self) -> Bool[Tensor, "batch pos"]:
        """Queries that have a key."""
        return (self.keys >= 0).any(dim=-1)


@dataclass(frozen=True)
class KeyProperty:
    """Keys that share a property whatever the query: is BOS, is punctuation, lies in the needle."""

    is_target: Bool[Tensor, "batch pos"]
    is_counted: Bool[Tensor, "batch pos"]
    """Queries that count."""


Targets = RelationalTargets | KeyProperty


@dataclass(frozen=True)
class Measurement:
    """Attention mass on the targets, for every head and prompt."""

    mass: Float[Tensor, "layer head batch"]
    """Mean over the counted queries of a prompt, in [0, 1], float32 on the CPU; NaN where no query counts."""
    n_counted: Int[Tensor, " batch"]
    """Counted queries of each prompt."""
    chance: Float[Tensor, " batch"]
    """The same mean for attention spread evenly over the keys that each query may see."""


def previous_positions(n_pos: int, offset: int) -> Int[Tensor, " pos"]:
    """Key at a fixed offset before each query; NO_KEY where that lies before the start."""
    keys = torch.arange(n_pos) - offset
    return torch.where(keys >= 0, keys, torch.full_like(keys, NO_KEY))
