"""Path patching head → query, key or value of later heads: what reaches the logits through what these heads are told.

Wang et al. 2022, arXiv:2211.00593, call the first head the sender and the later ones receivers.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.capture import attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.interventions.edits import Edit, require_reached, require_seen
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording, Run
from ingest.interventions.replay import entered
from ingest.interventions.writes import change_of_stream

Into = Literal["query", "key", "value"]


class _Reached(Exception):  # noqa: N818 – no failure, but the end of a pass that went far enough
    """The pass has shown what it was run for."""


def path_values(
    recording: Recording,
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
    receivers: Sequence[HeadRef],
    into: Into,
    measure: LogitMeasure,
) -> Float[Tensor, "layer head *measured"]:
    """The measure when the receivers' queries, keys or values see one head changed and nothing else does, by head.

    On the way from sender to receivers all other heads and all MLPs are frozen at their values in the run, so that the
    change gets there along the residual stream alone; Wang et al. freeze the heads and recompute the MLPs. In the pass
    that is measured the receivers take what they were told, and all else is recomputed. Keys and values belong to the
    key-value group of a receiver, and with it to the other query heads of the group. A head that comes after every
    receiver leaves the run as it is.

    Args:
        recording: The run that is changed.
        changed: z of the heads of each layer with heads after the change.
        receivers: Later heads.
        into: Which of their inputs is patched.
        measure: What is read off the logits.

    Raises:
        UnsupportedAttentionError: The family does not show queries, keys and values.
        UnsupportedArchitectureError: W_O of this family is nowhere written down.
    """
    run = recording.run
    loaded = run.loaded
    require_seen(loaded, "Path patching into queries, keys and values")
    by_layer = _taken_heads(run, receivers, into)
    intact = measure.value(logits_of(loaded, recording.normed, measure.token_ids)).cpu()
    found = []
    with torch.no_grad():
        for layer in loaded.attention_layers:
            later = {at: heads for at, heads in by_layer.items() if at > layer}
            if not later:
                found.append(intact.expand(loaded.n_heads, *intact.shape))
                continue
            added = change_of_stream(recording, layer, changed[layer])
            found.append(torch.stack([_measured(recording, later, into, each, measure) for each in added]))
    return torch.stack(found)


def _taken_heads(run: Run, receivers: Sequence[HeadRef], into: Into) -> dict[int, list[int]]:
    """Heads, or key-value groups, that are patched in each layer."""
    loaded = run.loaded
    found: dict[int, set[int]] = {}
    for each in receivers:
        index = each.head if into == "query" else each.kv_group(loaded.n_heads, loaded.n_kv_heads)
        found.setdefault(each.layer, set()).add(index)
    return {layer: sorted(heads) for layer, heads in found.items()}


def _measured(
    recording: Recording,
    receivers: Mapping[int, list[int]],
    into: Into,
    added: Float[Tensor, "batch pos d_model"],
    measure: LogitMeasure,
) -> Tensor:
    run = recording.run
    loaded = run.loaded
    normed = []
    for rows in run.parts():
        told = {
            layer: _told(
                replace(run, tokens=run.tokens[rows], is_real=run.is_real[rows]),
                layer,
                recording.resid_pre[layer][rows] + added[rows],
                into,
            )[:, heads]
            for layer, heads in receivers.items()
        }
        edit = run.edit(rows)

        def handle(call: AttentionCall, told: Mapping[int, Tensor] = told, edit: Edit = edit) -> Tensor:
            if call.layer in told:
                whole = getattr(call, into).clone()
                whole[:, receivers[call.layer]] = told[call.layer]
                call = replace(call, **{into: whole})
            return edit(call.layer, attend(call).z)

        with attention_through(loaded, handle) as layers:
            last = forward(loaded, run.tokens[rows], run.is_real[rows]).last_hidden_state
        require_reached(loaded, layers)
        normed.append(last[measure.is_asked[rows].to(last.device)])
    return measure.value(logits_of(loaded, torch.cat(normed), measure.token_ids)).cpu()


def _told(run: Run, layer: int, resid_pre: Float[Tensor, "batch pos d_model"], into: Into) -> Tensor:
    """Queries, keys or values that a layer makes of a residual stream."""
    seen: list[Tensor] = []

    def stop(call: AttentionCall) -> Tensor:
        seen.append(getattr(call, into))
        raise _Reached

    with entered(run.loaded, layer, resid_pre), attention_through(run.loaded, stop), suppress(_Reached):
        forward(run.loaded, run.tokens, run.is_real)
    return seen[0]
