"""Attribution patching: what changing each head would do if logits were linear in z. A screen, never a result.

Two passes and one backward pass estimate all heads at once. How far the estimates can be trusted differs from model
to model. So a screen measures the heads that it keeps exactly, names every head that it drops, and says which share
of the truly largest heads it keeps, measured exactly on a few of the prompts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.capture import attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall
from ingest.interventions.chosen_queries import attend_at
from ingest.interventions.each_head import Changed, each_head
from ingest.interventions.edits import Edit, heads_edited, is_plain, require_reached
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording
from ingest.loaded_model import LoadedModel

DEFAULT_N_TOP = 10
DEFAULT_N_CHECKED = 2


@dataclass(frozen=True)
class Screen:
    """Heads that an estimate kept, their exact values, and how much the estimate is worth here."""

    estimate: Float[Tensor, "layer head *measured"]
    """Intact minus changed, by the gradient alone. Counts layers that have heads."""
    values: Float[Tensor, "layer head *measured"]
    """The measure with one head changed, exact; NaN for heads that were dropped."""
    kept: list[HeadRef]
    """In descending order of the estimate's size."""
    dropped: list[HeadRef]
    """Nothing is known of these but the estimate."""
    n_top: int
    recall: float
    """Share of the `n_top` heads with the largest exact effects that are among the kept ones; measured on the first
    `n_checked` prompts, on all heads."""
    correlation: float
    """Of estimates and exact effects over all heads, on those prompts."""
    n_checked: int


def screen(
    recording: Recording,
    measure: LogitMeasure,
    changed: Changed,
    n_kept: int,
    *,
    n_top: int = DEFAULT_N_TOP,
    n_checked: int = DEFAULT_N_CHECKED,
) -> Screen:
    """Estimate all heads, and measure those exactly whose estimates are largest.

    Args:
        recording: The run.
        measure: What is read off the logits; heads are ranked by its mean over prompts, by its first row if it has
            several.
        changed: One head at a time takes its z from here.
        n_kept: Heads to measure.
        n_top: Truly largest heads that the screen should not have missed.
        n_checked: Prompts on which that is measured.
    """
    loaded = recording.run.loaded
    n_checked = min(n_checked, len(recording.is_asked))
    estimate = estimates(recording, measure, changed)
    order = _sizes(estimate).flatten().argsort(descending=True, stable=True).tolist()
    heads = [HeadRef(loaded.attention_layers[each // loaded.n_heads], each % loaded.n_heads) for each in order]
    values = each_head(recording, measure, changed, heads=heads[:n_kept]).values
    intact = measure.value(logits_of(loaded, recording.normed, measure.token_ids)).cpu()
    checked = each_head(recording, measure, changed, prompts=slice(0, n_checked)).values
    exact = (intact - checked)[..., :n_checked]
    top = _sizes(exact).flatten().argsort(descending=True, stable=True)[: min(n_top, len(heads))].tolist()
    return Screen(
        estimate,
        values,
        heads[:n_kept],
        heads[n_kept:],
        len(top),
        len(set(top) & set(order[:n_kept])) / len(top),
        _correlation(estimate[..., :n_checked], exact),
        n_checked,
    )


def estimates(recording: Recording, measure: LogitMeasure, changed: Changed) -> Float[Tensor, "layer head *measured"]:
    """Intact minus changed of every head, to first order: the change of z times the gradient, at all positions."""
    run, loaded = recording.run, recording.run.loaded
    z: dict[int, list[Tensor]] = {layer: [] for layer in loaded.attention_layers}
    last = []
    for rows in run.parts():
        with torch.enable_grad(), _differentiable(loaded, _noting(run.edit(rows), z)) as layers:
            hidden = forward(loaded, run.tokens[rows], run.is_real[rows]).last_hidden_state
        require_reached(loaded, layers)
        last.append(hidden[recording.is_asked[rows].to(hidden.device)])
    with torch.enable_grad():
        value = measure.value(logits_of(loaded, torch.cat(last), measure.token_ids))
        sums = value.flatten(0, -2).sum(dim=-1) if value.ndim > 1 else value.sum()[None]
    found = []
    for row, each in enumerate(sums):
        leaves = [part for parts in z.values() for part in parts]
        gradients = iter(torch.autograd.grad(each, leaves, retain_graph=row + 1 < len(sums)))
        by_layer = {layer: torch.cat([next(gradients) for _ in parts]) for layer, parts in z.items()}
        found.append(
            torch.stack(
                [
                    -torch.einsum("bphd,bphd->hb", (changed[layer] - recording.z[layer]).float(), g.float()).cpu()
                    for layer, g in by_layer.items()
                ]
            )
        )
    together = torch.stack(found, dim=2)  # [layer, head, row, batch]
    return together.reshape(*together.shape[:2], *value.shape)


def _noting(edit: Edit, into: dict[int, list[Tensor]]) -> Edit:
    def note(layer: int, z: Tensor) -> Tensor:
        # Weights need no gradient, so that in the first layer z is where the graph begins.
        edited = edit(layer, z)
        leaf = edited if edited.requires_grad else edited.detach().requires_grad_()
        into[layer].append(leaf)
        return leaf

    return note


@contextmanager
def _differentiable(loaded: LoadedModel, edit: Edit) -> Iterator[list[int]]:
    """Every head's z goes through the edit, and gradients go back through attention; patterns of a layer are held."""
    if not is_plain(loaded):
        with heads_edited(loaded, edit) as reached:
            yield reached
        return

    def handle(call: AttentionCall) -> Tensor:
        n_rows, _, n_pos, _ = call.query.shape
        everywhere = torch.arange(n_pos, device=call.query.device).expand(n_rows, -1)
        return edit(call.layer, attend_at(call, everywhere))

    with attention_through(loaded, handle) as layers:
        yield layers


def _sizes(effect: Float[Tensor, "layer head *measured"]) -> Float[Tensor, "layer head"]:
    """Size of the mean effect over prompts, of the first row where there are several."""
    mean = effect.mean(dim=-1)
    return mean.flatten(2)[:, :, 0].abs() if mean.ndim > 2 else mean.abs()


def _correlation(estimate: Tensor, exact: Tensor) -> float:
    first = [each.mean(dim=-1) for each in (estimate, exact)]
    pair = torch.stack([(each.flatten(2)[:, :, 0] if each.ndim > 2 else each).flatten() for each in first])
    return float(torch.corrcoef(pair.double())[0, 1])
