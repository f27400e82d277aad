"""Enter a language model in the middle: a forward pass that starts at a layer with a given residual stream.

The pass is the model's own. Layers before the entry are left out, so that masks, rotation and whatever else a family
hands to its layers come from the family itself, for as many rows as are given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.stubs import stubbed
from ingest.loaded_model import LoadedModel


class Reached(Exception):  # noqa: N818 – no failure, but the end of a pass that went far enough
    """A pass has shown what it was run for."""


@contextmanager
def entered(loaded: LoadedModel, layer: int, resid_pre: Float[Tensor, "row pos d_model"]) -> Iterator[None]:
    """Forward passes over as many rows start before this layer while this is open."""
    stack = layer_stack(loaded)

    def enter(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if given:
            return (resid_pre, *given[1:]), named
        return given, named | {"hidden_states": resid_pre}

    handle = stack.layers[layer].register_forward_pre_hook(enter, with_kwargs=True)
    try:
        with stubbed(stack.leaving_out(0, layer)):
            yield
    finally:
        handle.remove()
