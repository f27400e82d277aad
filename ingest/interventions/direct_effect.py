"""Path patching head → logits: what a head's change does to the logits with everything behind the head frozen."""

from collections.abc import Collection, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.forward import forward
from ingest.interventions.edits import heads_edited, require_reached
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import final_norm, logits_of
from ingest.interventions.recording import Recording
from ingest.interventions.replay import entered
from ingest.interventions.writes import change_by_heads, change_of_stream
from ingest.loaded_model import LoadedModel


def direct_values(
    run: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    measure: LogitMeasure,
) -> Float[Tensor, "layer head *measured"]:
    """The measure with one head's own write to the residual stream changed, for every head.

    Frozen at their values in the run are all other heads and all MLPs, so that the change reaches the logits along the
    residual stream alone; the norm that follows the attention, where there is one, and the final norm are recomputed.
    Wang et al. 2022, arXiv:2211.00593, freeze the heads alone and recompute the MLPs: `direct_values_through_mlps`.

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


def direct_values_of(
    run: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    senders: Sequence[Collection[HeadRef]],
    measure: LogitMeasure,
) -> Float[Tensor, "sender *measured"]:
    """The same for some senders, each of them one or several heads that are changed together."""
    loaded = run.run.loaded
    with torch.no_grad():
        added = [run.asked(change_by_heads(run, changed, heads, loaded.n_layers)) for heads in senders]
        return measured_each(loaded, final_norm(loaded)(run.resid + torch.stack(added).to(run.resid)), measure)


def direct_values_through_mlps(
    run: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    measure: LogitMeasure,
) -> Float[Tensor, "layer head *measured"]:
    """The same with MLPs recomputed and the heads alone frozen, as in Wang et al. 2022: paths may lead through MLPs.

    Raises:
        UnsupportedAttentionError: A layer behind the head was not reached.
        UnsupportedArchitectureError: The final norm of this family is nowhere written down.
    """
    loaded = run.run.loaded
    found = []
    for layer in loaded.attention_layers:
        normed = [_through_mlps(run, layer, head, changed[layer]) for head in range(loaded.n_heads)]
        found.append(measured_each(loaded, torch.stack(normed), measure))
    return torch.stack(found)


def _through_mlps(run: Recording, layer: int, head: int, changed: Tensor) -> Float[Tensor, "query d_model"]:
    loaded = run.run.loaded
    found = []
    for rows in run.run.parts():

        def freeze(at: int, given: Tensor, rows: slice = rows) -> Tensor:
            z = run.z[at][rows]
            if at == layer:
                z = z.clone()
                z[:, :, head] = changed[rows, :, head]
            return z

        part = run.run.part(rows)
        with (
            torch.no_grad(),
            heads_edited(loaded, freeze) as layers,
            entered(loaded, layer, run.resid_pre[layer][rows]),
        ):
            last = forward(loaded, part.tokens, part.is_real).last_hidden_state
        require_reached(loaded, layers, layer)
        found.append(last[run.is_asked[rows].to(last.device)])
    return torch.cat(found)


def measured_each(
    loaded: LoadedModel, normed: Float[Tensor, "variant query d_model"], measure: LogitMeasure
) -> Float[Tensor, "variant *measured"]:
    """The measure of several last hidden states of the same queries."""
    logits = logits_of(loaded, normed.flatten(0, 1), measure.token_ids)
    return torch.stack([measure.value(each).cpu() for each in torch.unflatten(logits, 0, normed.shape[:2])])
