"""The parts of a loaded language model by their name in the field: layers, output projections, W_O.

Lists hold the layers that have heads, in order: `LoadedModel.attention_layers` says which these are.
"""

from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from ingest.architectures.families import get_family
from ingest.architectures.placement import weight_of
from ingest.loaded_model import LoadedModel


def layers(loaded: LoadedModel) -> list[nn.Module]:
    """The layers that have heads; the first argument of each is resid_pre."""
    stack = cast(nn.ModuleList, loaded.model.base_model.get_submodule(get_family(loaded.architecture).layers))
    return [stack[layer] for layer in loaded.attention_layers]


def output_projections(loaded: LoadedModel) -> list[nn.Module]:
    """The module of each layer that holds W_O; its input is z, [batch, pos, head * d_head]."""
    family = get_family(loaded.architecture)
    return [layer.get_submodule(f"{family.attention}.{family.output_projection}") for layer in layers(loaded)]


def attention_modules(loaded: LoadedModel) -> list[nn.Module]:
    """The module of each layer that attends; the first of what it returns is what its heads write together."""
    family = get_family(loaded.architecture)
    return [layer.get_submodule(family.attention) for layer in layers(loaded)]


def norms_after_attention(loaded: LoadedModel) -> list[nn.Module | None]:
    """The norm of each layer between W_O and the residual stream; None where the family has none."""
    name = get_family(loaded.architecture).norm_after_attention
    return [None if name is None else layer.get_submodule(name) for layer in layers(loaded)]


def W_O(loaded: LoadedModel) -> list[Float[Tensor, "head d_head d_model"]]:  # noqa: N802 – the name the field gives it
    """W_O of each layer, cut into heads: z @ W_O is what a head writes, as row vectors."""
    return [rows_by_head(projection, loaded.n_heads) for projection in output_projections(loaded)]


def rows_by_head(projection: nn.Module, n_heads: int) -> Float[Tensor, "head d_head d_model"]:
    """W_O of one layer, on the device where the layer computes."""
    weight = weight_of(projection)
    # A Linear stores [out, in]; the Conv1D of GPT-2 stores [in, out].
    rows = weight.T if isinstance(projection, nn.Linear) else weight
    return rows.reshape(n_heads, -1, rows.shape[-1])
