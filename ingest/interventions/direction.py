"""Add a direction to the residual stream or to a head's output, or take out what lies along it; measure the logits.

A direction may be given, or be the difference of means of what a head wrote on two sets of prompts, as Tigges et al.
2023, arXiv:2310.15154, find sentiment. Every run makes sure that the logits moved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from catalog.notation import HeadRef
from ingest.engine.forward import forward
from ingest.errors import InterventionLostError, PromptError
from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Run, record

Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Direction:
    """A direction of the residual stream, and where it is changed."""

    layer: int
    """The stream that this layer reads is changed, counted among all layers."""
    vector: Float[Tensor, " d_model"]
    """Of any length; its unit vector counts."""
    where: Bool[Tensor, "batch pos"]
    """Places of the prompts at which it is changed."""

    @property
    def unit(self) -> Float[Tensor, " d_model"]:
        """The direction with length 1.

        Raises:
            PromptError: It has no length, so that it points nowhere.
        """
        return _unit(self.vector)


def difference_of_means(
    written: Float[Tensor, "prompt d_model"], otherwise: Float[Tensor, "other d_model"]
) -> Float[Tensor, " d_model"]:
    """From the mean of what was written on some prompts to that on others, the first at its head."""
    return written.mean(dim=0) - otherwise.mean(dim=0)


def with_direction_added(
    run: Run, measure: LogitMeasure, direction: Direction, amount: float
) -> Float[Tensor, "*measured"]:
    """The measure with so many times the unit vector added; a negative amount subtracts it.

    Raises:
        InterventionLostError: The logits do not move.
        PromptError: The direction has no length.
    """
    unit = direction.unit
    return _measured(run, measure, direction, lambda stream: stream + amount * unit.to(stream))


def with_direction_removed(run: Run, measure: LogitMeasure, direction: Direction) -> Float[Tensor, "*measured"]:
    """The measure with nothing left along the direction: its projection is taken out.

    Raises:
        InterventionLostError: The logits do not move.
        PromptError: The direction has no length.
    """
    unit = direction.unit
    return _measured(run, measure, direction, lambda stream: _without(stream, unit))


@dataclass(frozen=True)
class HeadDirection:
    """A direction of what one head hands to W_O, and where it is changed."""

    head: HeadRef
    """Layer counted among all layers."""
    vector: Float[Tensor, " d_head"]
    """Of any length; its unit vector counts."""
    where: Bool[Tensor, "batch pos"]

    @property
    def unit(self) -> Float[Tensor, " d_head"]:
        """The direction with length 1.

        Raises:
            PromptError: It has no length.
        """
        return _unit(self.vector)


def with_head_direction_added(
    run: Run, measure: LogitMeasure, direction: HeadDirection, amount: float
) -> Float[Tensor, "*measured"]:
    """The measure with so many times the unit vector added to the head's output; a negative amount subtracts it.

    Raises:
        InterventionLostError: The logits do not move.
        PromptError: The direction has no length.
    """
    unit = direction.unit
    return _measured_at_head(run, measure, direction, lambda z: z + amount * unit.to(z))


def with_head_direction_removed(
    run: Run, measure: LogitMeasure, direction: HeadDirection
) -> Float[Tensor, "*measured"]:
    """The measure with nothing of the head's output left along the direction.

    Raises:
        InterventionLostError: The logits do not move.
        PromptError: The direction has no length.
    """
    unit = direction.unit
    return _measured_at_head(run, measure, direction, lambda z: _without(z, unit))


def _measured_at_head(run: Run, measure: LogitMeasure, direction: HeadDirection, change: Change) -> Tensor:
    layer, head = direction.head.layer, direction.head.head
    intact = record(run, measure.is_asked)
    z = intact.z[layer][:, :, head]
    instead = change(z).where(direction.where[..., None].to(z.device), z)
    replaced = {**run.replaced, layer: {**run.replaced.get(layer, {}), head: instead}}
    changed = record(replace(run, replaced=replaced), measure.is_asked)
    before, after = (logits_of(run.loaded, each.normed, measure.token_ids) for each in (intact, changed))
    _require_moved(run, before, after, f"of {direction.head}")
    return measure.value(after).cpu()


def _unit(vector: Tensor) -> Tensor:
    length = vector.norm()
    if not bool(length > 0):
        raise PromptError("A direction of length 0 points nowhere: the two means that it comes from are equal.")
    return vector / length


def _without(values: Tensor, unit: Tensor) -> Tensor:
    own = unit.to(values)
    return values - (values @ own)[..., None] * own


def _require_moved(run: Run, before: Tensor, after: Tensor, where: str) -> None:
    if not bool((before != after).any()):
        raise InterventionLostError(
            f"The logits of {run.loaded.hub_id} do not move when a direction {where} changes: no effect of it can be "
            "measured."
        )


def _measured(run: Run, measure: LogitMeasure, direction: Direction, change: Change) -> Tensor:
    layer = layer_stack(run.loaded).layers[direction.layer]
    intact, changed = [], []
    for rows in run.parts():
        asked = measure.is_asked[rows]
        intact.append(_normed(run, rows, asked))
        hook = layer.register_forward_pre_hook(_hook(direction.where[rows], change), with_kwargs=True)
        try:
            changed.append(_normed(run, rows, asked))
        finally:
            hook.remove()
    before, after = (logits_of(run.loaded, torch.cat(each), measure.token_ids) for each in (intact, changed))
    _require_moved(run, before, after, f"before layer {direction.layer}")
    return measure.value(after).cpu()


def _normed(run: Run, rows: slice, asked: Bool[Tensor, "batch pos"]) -> Tensor:
    with torch.no_grad():
        last = forward(run.loaded, run.tokens[rows], run.is_real[rows]).last_hidden_state
    return last[asked.to(last.device)]


def _hook(where: Bool[Tensor, "batch pos"], change: Change) -> Any:
    def hook(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        stream = given[0] if given else named["hidden_states"]
        changed = change(stream).where(where[..., None].to(stream.device), stream)
        return ((changed, *given[1:]), named) if given else (given, {**named, "hidden_states": changed})

    return hook
