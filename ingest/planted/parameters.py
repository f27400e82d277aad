"""Planted weights become the parameters of a transformers model, the same bytes on every machine."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel

# Mathematical libraries differ in the last bits of cosines and products. Multiples of 2^-20 hide that: they are far
# coarser than float64 and far finer than any error that matters here.
GRID = 2.0**-20

D_MLP = 4
"""Width of the MLPs, which are zero; this is only what they cost on disk."""

AnyModel = TypeVar("AnyModel", bound=PreTrainedModel)


def as_parameter(weights: Float[np.ndarray, "..."]) -> Float[Tensor, "..."]:
    """The weights in float32 on the grid."""
    return torch.from_numpy(np.round(weights / GRID) * GRID).to(torch.float32).contiguous()


def model_of(make: Callable[[], AnyModel], parameters: dict[str, Tensor]) -> AnyModel:
    """A language model with these parameters; norms left out leave vectors alone, everything else left out is zero."""
    # Construction draws random weights that are thrown away; the caller's random state stays as it was.
    with torch.random.fork_rng(devices=[]):
        model = make()
    for name, parameter in model.named_parameters():
        is_norm = (".ln_" in name or "norm" in name) and name.endswith("weight")
        given = parameters.get(name, torch.full_like(parameter, 1.0 if is_norm else 0.0))
        assert given.shape == parameter.shape, f"{name}: {tuple(given.shape)} instead of {tuple(parameter.shape)}"
        parameter.data = given
    unknown = parameters.keys() - dict(model.named_parameters()).keys()
    assert not unknown, f"{type(model).__name__} has no parameters {unknown}"
    model.requires_grad_(False)
    model.eval()  # type: ignore[no-untyped-call]
    return model
