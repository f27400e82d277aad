"""What kind of thing the attending modules of a language model return, so that others can be put in its place."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ingest.architectures.parts import attention_modules, output_projections
from ingest.engine.forward import forward
from ingest.interventions.stubs import leading_tensor
from ingest.loaded_model import LoadedModel


@dataclass(frozen=True)
class AttentionForm:
    """Outputs of the attending modules."""

    outputs: list[Any]
    """One of each layer with heads, of a prompt of one token: others have its form."""
    is_written: bool
    """Whether the first of each is what W_O gave, untouched."""


_FORMS: WeakKeyDictionary[nn.Module, AttentionForm] = WeakKeyDictionary()


def attention_form(loaded: LoadedModel) -> AttentionForm:
    """The form of a language model's attention.

    Raises:
        UnsupportedArchitectureError: Nobody wrote down where this family keeps its parts.
    """
    if loaded.model not in _FORMS:
        _FORMS[loaded.model] = _look(loaded)
    return _FORMS[loaded.model]


def _look(loaded: LoadedModel) -> AttentionForm:
    outputs: list[Any] = []
    projected: list[Tensor] = []
    with ExitStack() as stack, torch.no_grad():
        for module in attention_modules(loaded):
            stack.callback(module.register_forward_hook(lambda _, __, output: outputs.append(output)).remove)
        for module in output_projections(loaded):
            stack.callback(module.register_forward_hook(lambda _, __, output: projected.append(output)).remove)
        ids = torch.zeros(1, 1, dtype=torch.long)
        forward(loaded, ids, torch.ones_like(ids, dtype=torch.bool))
    n_layers = len(loaded.attention_layers)
    is_written = len(outputs) == len(projected) == n_layers and all(
        isinstance(leading_tensor(output), Tensor) and torch.equal(leading_tensor(output), written)
        for output, written in zip(outputs, projected, strict=True)
    )
    return AttentionForm(outputs, is_written)
