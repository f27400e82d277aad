"""What heads read: attention from one place to another, z made of chosen keys alone, z with the pattern of another run.

All of it is one more call of the attention function with other queries, keys or values, so that no pattern is held.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.engine.capture import attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.engine.reference import patterns
from ingest.interventions.edits import Edit, heads_edited, is_plain, require_reached, require_seen
from ingest.interventions.recording import Run
from ingest.prompts.batch import PromptBatch

Places = Bool[Tensor, "batch pos"]


def calls_of(run: Run) -> dict[int, AttentionCall]:
    """Attention of each layer with heads, of all prompts in one pass.

    Raises:
        UnsupportedAttentionError: The family does not show its attention.
    """
    found: dict[int, AttentionCall] = {}
    whole = replace(run, batch_size=len(run.tokens))
    _watch(whole, lambda call, _: found.update({call.layer: call}), "Reuse of keys and values")
    return found


def attention_between(
    run: Run,
    is_query: Places,
    is_key: Places,
) -> Float[Tensor, "layer head batch"]:
    """Attention mass in [0, 1] that each head gives to the marked keys, mean over the marked queries of a prompt.

    NaN for a prompt that marks no query.
    """
    if not is_plain(run.loaded):
        return _between_in_patterns(run, is_query, is_key)
    found: dict[int, list[Tensor]] = {}

    def look(call: AttentionCall, rows: slice) -> None:
        marked = is_key[rows].to(call.value)[:, None, :, None].expand(-1, call.value.shape[1], -1, -1)
        mass = attend(replace(call, value=marked)).z.squeeze(-1)
        found.setdefault(call.layer, []).append(_mean_over_queries(mass.float().cpu(), is_query[rows]))

    _watch(run, look, "Attention")
    return torch.stack([torch.cat(found[layer], dim=-1) for layer in run.loaded.attention_layers])


def _mean_over_queries(
    mass: Float[Tensor, "batch pos head"], is_query: Bool[Tensor, "batch pos"]
) -> Float[Tensor, "head batch"]:
    counted = is_query.float()
    return torch.einsum("bph,bp->hb", mass, counted) / counted.sum(dim=1)


def _between_in_patterns(run: Run, is_query: Places, is_key: Places) -> Float[Tensor, "layer head batch"]:
    """The same from full patterns, of families that do not show their attention; memory grows with length squared."""
    found = []
    for rows in run.parts():
        batch = PromptBatch(run.tokens[rows], run.is_real[rows], has_bos=False)
        with heads_edited(run.loaded, run.edit(rows)):
            by_layer = patterns(run.loaded, batch)
        masses = [torch.einsum("bhqk,bk->bqh", pattern, is_key[rows].float()) for pattern in by_layer]
        found.append(torch.stack([_mean_over_queries(mass, is_query[rows]) for mass in masses]))
    return torch.cat(found, dim=-1)


def z_from_keys(
    run: Run,
    is_key: Places,
) -> dict[int, Float[Tensor, "batch pos head d_head"]]:
    """The part of z of each layer that was read from the marked keys; parts of disjoint keys add up.

    Raises:
        UnsupportedAttentionError: The family does not show its attention.
    """
    found: dict[int, list[Tensor]] = {}

    def look(call: AttentionCall, rows: slice) -> None:
        masked = call.value * is_key[rows].to(call.value)[:, None, :, None]
        found.setdefault(call.layer, []).append(attend(replace(call, value=masked)).z)

    _watch(run, look, "What heads read from marked keys")
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def z_with_pattern_of(
    run: Run,
    others: Int[Tensor, "batch pos"],
) -> dict[int, Float[Tensor, "batch pos head d_head"]]:
    """z of each layer from the values of the prompts and the attention pattern of the others.

    Raises:
        UnsupportedAttentionError: The family does not show its attention.
    """
    of_others: dict[int, list[AttentionCall]] = {}
    found: dict[int, list[Tensor]] = {}

    def keep(call: AttentionCall, rows: slice) -> None:
        of_others.setdefault(call.layer, []).append(call)

    def look(call: AttentionCall, rows: slice) -> None:
        other = of_others[call.layer].pop(0)
        found.setdefault(call.layer, []).append(attend(replace(other, value=call.value)).z)

    what = "Patching of attention patterns"
    for rows in run.parts():
        own = run.part(rows)
        _watch(replace(own, tokens=others[rows]), keep, what)
        _watch(own, look, what)
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def _watch(run: Run, look: Callable[[AttentionCall, slice], None], what: str) -> None:
    """Show every call of the attention function in a run, with the prompts that it is about."""
    require_seen(run.loaded, what)
    with torch.no_grad():
        for rows in run.parts():
            own = run.edit(rows)

            def handle(call: AttentionCall, rows: slice = rows, own: Edit = own) -> Tensor:
                look(call, rows)
                return own(call.layer, attend(call).z)

            with attention_through(run.loaded, handle) as layers:
                forward(run.loaded, run.tokens[rows], run.is_real[rows])
            require_reached(run.loaded, layers)
