"""Path patching head → logits: what a head's change does to the logits with everything behind the head frozen."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import final_norm, logits_of
from ingest.interventions.recording import Recording
from ingest.interventions.writes import change_of_stream
from ingest.loaded_model import LoadedModel


def direct_values(
    run: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    measure: LogitMeasure,
) -> Float[Tensor, "layer head *measured"]:
    """The measure with one head's own write to the residual stream changed, for every head.

    Frozen at their values in the run are all other heads and all MLPs, so that the change reaches the logits along the
    residual stream alone; the norm that follows the attention, where there is one, and the final norm are recomputed.
    Wang et al. 2022, arXiv:2211.00593, freeze the heads alone and recompute the MLPs: their direct paths may lead
    through MLPs, ours do not.

    Args:
        run: The run that is changed.
        changed: z of the heads of each layer with heads after the change.
        measure: What is read off the logits; its queries are those of the run.

    Raises:
        UnsupportedArchitectureError: W_O or the final norm of this family is nowhere written down.
    """
    loaded = run.run.loaded
    norm = final_norm(loaded)
    found = []
    with torch.no_grad():
        for layer in loaded.attention_layers:
            added = change_of_stream(run, layer, changed[layer])
            asked = torch.stack([run.asked(each) for each in added]).to(run.resid)  # [head, query, d_model]
            found.append(measured_each(loaded, norm(run.resid + asked), measure))
    return torch.stack(found)


def measured_each(
    loaded: LoadedModel, normed: Float[Tensor, "variant query d_model"], measure: LogitMeasure
) -> Float[Tensor, "variant *measured"]:
    """The measure of several last hidden states of the same queries."""
    logits = logits_of(loaded, normed.flatten(0, 1), measure.token_ids)
    return torch.stack([measure.value(each).cpu() for each in torch.unflatten(logits, 0, normed.shape[:2])])
