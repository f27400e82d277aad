"""Change one head in each full forward pass: slow, plainly right, and what faster ways are held against."""

from collections.abc import Collection, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.forward import forward
from ingest.interventions.edits import Edit, heads_edited, require_reached
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Run
from ingest.loaded_model import LoadedModel


def one_at_a_time(
    run: Run,
    measure: LogitMeasure,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    heads: Collection[HeadRef] | None = None,
) -> Float[Tensor, "layer head *measured"]:
    """The measure with one head changed, for every head, by one full forward pass for each: slow, and plainly right.

    Args:
        run: What is changed.
        measure: What is read off the logits.
        changed: z of the heads of each layer with heads after the change; one head at a time takes it.
        heads: Heads to change, all where none are named; NaN stands for the others.
    """
    found = {}
    for layer in run.loaded.attention_layers:
        for head in range(run.loaded.n_heads):
            if heads is None or HeadRef(layer, head) in heads:
                found[HeadRef(layer, head)] = _measured(run, measure, layer, head, changed[layer])
    return by_place(run.loaded, found)


def by_place(
    loaded: LoadedModel, found: Mapping[HeadRef, Float[Tensor, "*measured"]]
) -> Float[Tensor, "layer head *measured"]:
    """Values of some heads at their places among the layers that have heads; NaN for the others."""
    nothing = torch.full_like(next(iter(found.values())), torch.nan)
    return torch.stack(
        [
            torch.stack([found.get(HeadRef(layer, head), nothing) for head in range(loaded.n_heads)])
            for layer in loaded.attention_layers
        ]
    )


def _measured(run: Run, measure: LogitMeasure, layer: int, head: int, changed: Tensor) -> Tensor:
    normed = []
    for rows in run.parts():
        base = run.edit(rows)

        def edit(at: int, z: Tensor, rows: slice = rows, base: Edit = base) -> Tensor:
            z = base(at, z)
            if at == layer:
                z = z.clone()
                z[:, :, head] = changed[rows, :, head]
            return z

        with torch.no_grad(), heads_edited(run.loaded, edit) as layers:
            last = forward(run.loaded, run.tokens[rows], run.is_real[rows]).last_hidden_state
        require_reached(run.loaded, layers)
        normed.append(last[measure.is_asked[rows].to(last.device)])
    return measure.value(logits_of(run.loaded, torch.cat(normed), measure.token_ids)).cpu()
