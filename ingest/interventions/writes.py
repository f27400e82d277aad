"""What a change of z changes in the residual stream by itself, everything else frozen."""

from collections.abc import Collection, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.architectures.parts import norms_after_attention, output_projections, rows_by_head
from ingest.interventions.recording import Recording
from ingest.loaded_model import LoadedModel


def change_of_stream(
    run: Recording, layer: int, changed: Float[Tensor, "batch pos head d_head"]
) -> Float[Tensor, "head batch pos d_model"]:
    """What is added to the residual stream behind a layer when one head's z is changed and nothing else moves.

    A norm that follows the attention is recomputed, with the other heads as they were.

    Args:
        run: The run that is changed.
        layer: Counted among all layers.
        changed: z of the layer's heads after the change.

    Raises:
        UnsupportedArchitectureError: W_O of this family is nowhere written down.
    """
    return _behind_norm(run, layer, _written(run, layer, changed, range(run.run.loaded.n_heads)))


def change_by_heads(
    run: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    heads: Collection[HeadRef],
    before: int,
) -> Float[Tensor, "batch pos d_model"]:
    """What several heads together add to the residual stream before a layer; those of later layers add nothing.

    One more than the last layer is the stream behind it.
    """
    total = torch.zeros_like(run.resid_pre[0])
    for layer in sorted({each.layer for each in heads if each.layer < before}):
        own = [each.head for each in heads if each.layer == layer]
        written = _written(run, layer, changed[layer], own).sum(dim=0, keepdim=True)
        total = total + _behind_norm(run, layer, written)[0]
    return total


def residual_multiplier(loaded: LoadedModel) -> float:
    """What everything that a layer writes is multiplied by (Granite); 1 in other families."""
    return float(getattr(loaded.model.config, "residual_multiplier", None) or 1.0)


def _written(
    run: Recording, layer: int, changed: Float[Tensor, "batch pos head d_head"], heads: Sequence[int]
) -> Float[Tensor, "chosen batch pos d_model"]:
    loaded = run.run.loaded
    moved = (changed - run.z[layer])[:, :, heads]
    rows = rows_by_head(output_projections(loaded)[loaded.attention_layers.index(layer)], loaded.n_heads)[heads]
    return torch.einsum("bphd,hdm->hbpm", moved, rows.to(moved))


def _behind_norm(
    run: Recording, layer: int, written: Float[Tensor, "variant batch pos d_model"]
) -> Float[Tensor, "variant batch pos d_model"]:
    loaded = run.run.loaded
    norm = norms_after_attention(loaded)[loaded.attention_layers.index(layer)]
    if norm is not None:
        whole = run.attention_out[layer]
        written = norm(whole + written) - norm(whole)
    return written * residual_multiplier(loaded)
