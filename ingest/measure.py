"""What the engine measures: attention mass on chosen keys, and what it returns.

A detector says which keys count; the engine says how much attention each head puts there. Both speak in the types of
this module, so that a detector touches no language model and the engine knows no detector.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

NO_KEY = -1


@dataclass(frozen=True)
class RelationalTargets:
    """For each query the keys that count: the token after the last copy, the token before …

    A query counts when it has at least one key, unless `counted` says otherwise. Positions are those of the padded
    batch; a key may not lie after its query, and neither may be padding.
    """

    keys: Int[Tensor, "batch pos target"]
    """Key positions; NO_KEY fills up the last axis."""
    floor: float = 0.0
    """Attention to a single key below this adds nothing, as some published scores have it."""
    counted: Bool[Tensor, "batch pos"] | None = None
    """Queries that count: at least those with a key, and further ones, which put nothing on any target."""

    @cached_property
    def is_counted(self) -> Bool[Tensor, "batch pos"]:
        """Queries that count."""
        return (self.keys >= 0).any(dim=-1) if self.counted is None else self.counted


@dataclass(frozen=True)
class KeyProperty:
    """Keys that share a property whatever the query: is BOS, is punctuation, lies in the needle."""

    is_target: Bool[Tensor, "batch pos"]
    is_counted: Bool[Tensor, "batch pos"]
    """Queries that count."""


Targets = RelationalTargets | KeyProperty


@dataclass(frozen=True)
class LogitTargets:
    """For each query the token whose logit a head should raise, or lower.

    A head's direct contribution to the logits at a query is z @ W_O, read through the final norm and W_U as if nothing
    came between. Measured is its *rank share*: the share of the vocabulary that the head raises less than the target
    (with sign −1: more), tokens raised alike counting half. It has no scale, and chance gives 0.5.
    """

    token: Int[Tensor, "batch pos"]
    """Id of the target token; any value where the query does not count."""
    is_counted: Bool[Tensor, "batch pos"]
    sign: Literal[1, -1] = 1
    """+1: the head should raise the token; −1: lower it."""


@dataclass(frozen=True)
class MomentTargets:
    """A moment of each query's attention: no target, only which queries count."""

    moment: Literal["entropy", "distance", "squared_distance", "distance_variance"]
    """Entropy in nats; query minus key position, its square, and its variance over all attention of the queries."""
    is_counted: Bool[Tensor, "batch pos"]


AttentionTargets = Targets | MomentTargets
AnyTargets = AttentionTargets | LogitTargets


@dataclass(frozen=True)
class Measurement:
    """What was measured for every head and prompt: attention mass on targets, or whatever stands in its place."""

    mass: Float[Tensor, "layer head batch"]
    """Mean over the counted queries of a prompt, in [0, 1] (moments apart), float32 on the CPU; NaN where no query
    counts, and in layers without heads. Rank shares of logits, and values of items, stand here too."""
    n_counted: Int[Tensor, " batch"]
    """Counted queries of each prompt."""
    chance: Float[Tensor, "*layer batch"]
    """The same mean for a head that does nothing of the kind. Where attention is measured, that is attention spread
    evenly over what the queries see, one row for each layer where layers see differently."""


def previous_positions(n_pos: int, offset: int) -> Int[Tensor, " pos"]:
    """Key at a fixed offset before each query; NO_KEY where that lies before the start."""
    keys = torch.arange(n_pos) - offset
    return torch.where(keys >= 0, keys, torch.full_like(keys, NO_KEY))
