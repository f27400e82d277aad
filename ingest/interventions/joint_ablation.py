"""Ablate several heads together: what a behaviour loses when all of them are gone at once.

Heads that share a job make up for each other, so that one of them, ablated alone, shows little. Every group takes one
whole pass; `each_head.py` is the fast way for heads one at a time.
"""

from collections.abc import Collection, Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.forward import forward
from ingest.interventions.each_head import Changed
from ingest.interventions.edits import Edit, Replaced, each_replaced, heads_edited, replacing, require_reached
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording

Group = Collection[HeadRef]


def with_groups_changed(
    recording: Recording, measure: LogitMeasure, changed: Changed, groups: Sequence[Group]
) -> Float[Tensor, "group *measured"]:
    """The measure with all heads of one group changed, for every group.

    Args:
        recording: The run; heads that are knocked out in it stay so.
        measure: What is read off the logits; its queries are those of the recording.
        changed: The heads of a group take their z from here, at all positions.
        groups: Heads that are changed together.

    Raises:
        UnsupportedAttentionError: A layer with heads was not reached.
    """
    return torch.stack([_with_changed(recording, measure, _of_group(changed, group)) for group in groups])


def _of_group(changed: Changed, group: Group) -> Replaced:
    layers = sorted({head.layer for head in group})
    return {
        layer: {head.head: changed[layer][:, :, head.head] for head in group if head.layer == layer} for layer in layers
    }


def _with_changed(recording: Recording, measure: LogitMeasure, replaced: Replaced) -> Tensor:
    run, normed = recording.run, []
    for rows in run.parts():
        own = each_replaced(replaced, partial(_rows_of, rows=rows))
        edit = _on_top(run.edit(rows), replacing(own))
        with torch.no_grad(), heads_edited(run.loaded, edit) as reached:
            last = forward(run.loaded, run.tokens[rows], run.is_real[rows]).last_hidden_state
        require_reached(run.loaded, reached)
        normed.append(last[measure.is_asked[rows].to(last.device)])
    return measure.value(logits_of(run.loaded, torch.cat(normed), measure.token_ids)).cpu()


def _rows_of(z: Tensor, rows: slice) -> Tensor:
    return z[rows]


def _on_top(base: Edit, edit: Edit) -> Edit:
    return lambda layer, z: edit(layer, base(layer, z))
