"""The last layer for chosen queries alone: keys and values of all positions, everything else of these.

The layer runs twice: up to its attention on the whole stream, which shows queries, keys and values; then on the chosen
positions, with the attention that these queries have to all keys.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jaxtyping import Int
from torch import Tensor

from ingest.engine.kernels import AttentionCall
from ingest.interventions.chosen_queries import attend_at, pick
from ingest.interventions.edits import Replaced, each_replaced, replacing
from ingest.interventions.replay import Reached
from ingest.interventions.stubs import Forward, leading_tensor, with_leading_tensor


@dataclass
class Narrowed:
    """Stub of a layer, and what its attention does meanwhile."""

    layer: int
    forward: Forward
    """The layer's own forward pass."""
    at: Int[Tensor, "row query"]
    replaced: Replaced
    """What takes the place of z of heads that are knocked out."""
    _seen: AttentionCall | None = None
    _is_looking: bool = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The layer's output, of which only the chosen positions are right."""
        self._is_looking = True
        with suppress(Reached):
            self.forward(*arguments, **named)
        self._is_looking = False
        return on_chosen(self.forward, self.at, *arguments, **named)

    def attend(self, call: AttentionCall) -> Tensor:
        """What the layer's attention returns, first to look, then for the chosen queries."""
        if self._is_looking:
            self._seen = call
            raise Reached
        assert self._seen is not None, "the layer attends on the whole stream first"
        edit = replacing(each_replaced(self.replaced, lambda z: pick(z, self.at)))
        return edit(self.layer, attend_at(self._seen, self.at))


def on_chosen(forward: Forward, at: Int[Tensor, "row query"], *arguments: Any, **named: Any) -> Any:
    """What a layer makes of the chosen positions, in its output for all; the others stay as they came."""
    resid = arguments[0] if arguments else named["hidden_states"]
    rest = {name: _narrow(value, at, resid) for name, value in named.items()}
    output = forward(*(_narrow(value, at, resid) for value in arguments), **rest)
    whole = resid.clone()
    whole.scatter_(1, at[:, :, None].expand(-1, -1, resid.shape[-1]), leading_tensor(output))
    return with_leading_tensor(output, whole)


def _narrow(value: Any, at: Int[Tensor, "row query"], resid: Tensor) -> Any:
    """What belongs to positions – the stream, rotations, ids – at the chosen ones.

    Queries and keys that a layer makes of them are not used, so that only shapes must fit.
    """
    if isinstance(value, tuple | list):
        return type(value)(_narrow(each, at, resid) for each in value)
    if not isinstance(value, Tensor) or value.ndim < 2 or value.shape[1] != resid.shape[1]:
        return value
    if value.shape[0] not in (1, len(at)):
        return value
    return pick(value.expand(len(at), *value.shape[1:]), at)
