"""From z to logits: W_O with every norm on the way folded in, and W_U.

What a head adds to the logits at a query is z @ W_O, through the norm that follows the attention where there is one,
and through the final norm, whose scale at that query is taken as it is. Scales are positive and the same for all
tokens, so the *order* of the tokens does not depend on them: they are left out. What remains of a norm is its gain,
and in a LayerNorm the centring. Biases belong to no head.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingest.architectures.families import get_family
from ingest.architectures.parts import norms_after_attention, output_projections, rows_by_head
from ingest.architectures.placement import device_of, weight_of
from ingest.errors import UnsupportedArchitectureError
from ingest.loaded_model import LoadedModel


def unembedding(loaded: LoadedModel) -> Float[Tensor, "vocab d_model"]:
    """W_U as stored, one row for each token, on its own device and in its own dtype.

    Raises:
        UnsupportedArchitectureError: The residual stream is not read by one matrix.
    """
    if not loaded.is_causal:
        raise UnsupportedArchitectureError(
            f"A {loaded.architecture} model is an encoder: it predicts no next token, so what its heads write is not "
            "read as logits."
        )
    model: Any = loaded.model
    found = model.get_output_embeddings()
    weight = None if found is None else weight_of(found)
    if weight is None or weight.ndim != 2 or weight.shape[1] != loaded.d_model:
        raise UnsupportedArchitectureError(
            f"The unembedding of this {loaded.architecture} model does not read the residual stream of width "
            f"{loaded.d_model}; what its heads write cannot be read as logits."
        )
    return weight


class Readout:
    """What each head writes, ready to be multiplied with rows of W_U; one layer at a time."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.unembedding = unembedding(loaded)
        self._loaded = loaded
        self._after_attention = norms_after_attention(loaded)
        self._projections = output_projections(loaded)
        self._final = final_norm(loaded)

    def W_O(self, layer: int) -> Float[Tensor, "head d_head d_model"]:  # noqa: N802 – the name the field gives it
        """W_O with the norms after it folded in; float32, on the device of W_U. Counts layers that have heads."""
        projection = self._projections[layer]
        rows = rows_by_head(projection, self._loaded.n_heads).to(self.unembedding.device, torch.float32)
        for norm in (self._after_attention[layer], self._final):
            rows = through_norm(norm, rows)
        return rows


def final_norm(loaded: LoadedModel) -> nn.Module | None:
    """The norm before W_U; None where this language model has none."""
    module: nn.Module | None = loaded.model.base_model
    for name in get_family(loaded.architecture).final_norm.split("."):
        module = getattr(module, name, None)
    return module


def through_norm(norm: nn.Module | None, rows: Float[Tensor, "*row d_model"]) -> Float[Tensor, "*row d_model"]:
    """What a norm of frozen scale makes of vectors, up to that scale."""
    if norm is None:
        return rows
    gain, is_centred = _read_norm(norm, rows.shape[-1])
    if is_centred:
        rows = rows - rows.mean(dim=-1, keepdim=True)
    return rows * gain.to(rows)


def _read_norm(norm: nn.Module, d_model: int) -> tuple[Float[Tensor, " d_model"], bool]:
    """Gain of a norm and whether it subtracts the mean, read off what it does.

    Families write gains as weight, as 1 + weight, or not at all; what the module returns for vectors of mean 0 and
    root mean square 1 is its gain whatever it stores.
    """
    dtype = next((each.dtype for each in norm.parameters()), torch.float32)
    signs = torch.ones(d_model)
    signs[1::2] = -1
    probes = torch.stack([torch.zeros(d_model), signs, torch.ones(d_model)]).to(device_of(norm), dtype)
    with torch.no_grad():
        nothing, alternating, constant = norm(probes).float().cpu()
    gain = (alternating - nothing) * signs
    # A norm that subtracts the mean makes nothing of a constant.
    return gain, bool((constant - nothing).abs().max() <= 1e-3 * gain.abs().max())
