"""The stack of layers of a language model, found by its shape, and a forward pass in which layers are left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from ingest.engine.forward import forward
from ingest.errors import UnsupportedArchitectureError
from ingest.interventions.stubs import Forward, leading_tensor, with_leading_tensor
from ingest.loaded_model import LoadedModel


@dataclass(frozen=True)
class LayerStack:
    """All layers in order, those without heads too, and what kind of thing each returns."""

    layers: Sequence[nn.Module]
    outputs: Sequence[Any]
    """One output of each layer, of a prompt of one token: others have its form."""

    def leaving_out(self, first: int, stop: int) -> dict[nn.Module, Forward]:
        """Stubs of the layers from the first to before the last: each hands on the residual stream that it got."""
        return {self.layers[i]: self._pass_on(i) for i in range(first, stop)}

    def _pass_on(self, index: int) -> Forward:
        def forward(*arguments: Any, **named: Any) -> Any:
            resid = arguments[0] if arguments else named["hidden_states"]
            return with_leading_tensor(self.outputs[index], resid)

        return forward


_STACKS: WeakKeyDictionary[nn.Module, LayerStack] = WeakKeyDictionary()


def layer_stack(loaded: LoadedModel) -> LayerStack:
    """The layers of a language model.

    Raises:
        UnsupportedArchitectureError: Not exactly one list in the model has as many members as it has layers.
    """
    model = loaded.model
    if model not in _STACKS:
        found = [
            each
            for each in model.base_model.modules()
            if isinstance(each, nn.ModuleList) and len(each) == loaded.n_layers
        ]
        if len(found) != 1:
            raise UnsupportedArchitectureError(
                f"The layers of a {loaded.architecture} model are not found: {len(found)} lists in it have "
                f"{loaded.n_layers} members."
            )
        layers = list(found[0])
        _STACKS[model] = LayerStack(layers, _outputs_of_one_token(loaded, layers))
    return _STACKS[model]


def _outputs_of_one_token(loaded: LoadedModel, layers: list[nn.Module]) -> list[Any]:
    outputs: list[Any] = []
    handles = [layer.register_forward_hook(lambda _, __, output: outputs.append(output)) for layer in layers]
    try:
        with torch.no_grad():
            ids = torch.zeros(1, 1, dtype=torch.long)
            forward(loaded, ids, torch.ones_like(ids, dtype=torch.bool))
    finally:
        for handle in handles:
            handle.remove()
    if len(outputs) != len(layers) or not all(isinstance(leading_tensor(each), torch.Tensor) for each in outputs):
        raise UnsupportedArchitectureError(
            f"The layers of a {loaded.architecture} model do not each run once and return a residual stream."
        )
    return outputs
