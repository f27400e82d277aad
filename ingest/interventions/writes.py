"""What a change of z changes in the residual stream by itself, everything else frozen."""

import torch
from jaxtyping import Float
from torch import Tensor

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
    loaded = run.run.loaded
    place = loaded.attention_layers.index(layer)
    moved = changed - run.z[layer]
    rows = rows_by_head(output_projections(loaded)[place], loaded.n_heads).to(moved)
    written = torch.einsum("bphd,hdm->hbpm", moved, rows)
    norm = norms_after_attention(loaded)[place]
    if norm is not None:
        whole = run.attention_out[layer]
        written = norm(whole + written) - norm(whole)
    return written * residual_multiplier(loaded)


def residual_multiplier(loaded: LoadedModel) -> float:
    """What everything that a layer writes is multiplied by (Granite); 1 in other families."""
    return float(getattr(loaded.model.config, "residual_multiplier", None) or 1.0)
