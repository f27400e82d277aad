"""Edges of a circuit by path patching: those that a source names, and those among heads that were found on a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.circuits.circuit import OUTPUT, Circuit, Edge
from ingest.interventions.path_patching import Into, Mlps, Receivers
from ingest.interventions.task_run import TaskRun
from ingest.statistics.bootstrap import mean_interval

INPUTS: tuple[Into, ...] = ("query", "key", "value")


@dataclass(frozen=True)
class MeasuredEdge:
    """What an edge carries of the task, as a share of what the counterparts cost: mean of clean minus corrupted."""

    source: str
    target: str
    into: Into | None
    """None for the logits."""
    share: float
    """Positive where what is told helps the task."""
    low: float
    high: float
    """95 % interval over prompts."""

    @property
    def is_present(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def measure_edges(run: TaskRun, circuit: Circuit, *, mlps: Mlps = "recomputed", seed: int = 0) -> list[MeasuredEdge]:
    """Every edge of a circuit, all its senders together.

    MLPs on the way are recomputed unless told otherwise: circuits are published with paths that lead through them. On
    the way to the logits they are frozen.
    """
    return [_measured(run, edge, mlps, seed) for edge in circuit.edges]


def discover_edges(
    run: TaskRun, heads: Sequence[HeadRef], *, mlps: Mlps = "frozen", seed: int = 0
) -> list[MeasuredEdge]:
    """Every edge between heads, and from each to the logits; those that are not there too, with their intervals."""
    found = []
    senders = [(head,) for head in heads]
    found += _named(run, senders, None, OUTPUT, seed)
    for receiver in heads:
        earlier = [(head,) for head in heads if head.layer < receiver.layer]
        for into in INPUTS if earlier else ():
            found += _named(run, earlier, Receivers([receiver], into, mlps), str(receiver), seed)
    return found


def strongest_heads(run: TaskRun, n_heads: int) -> list[HeadRef]:
    """Heads with the largest mean effect of activation patching, in the order of layers."""
    loaded = run.loaded
    sizes = run.patching_effect().mean(dim=-1).abs().flatten()
    places = sizes.topk(min(n_heads, len(sizes))).indices.tolist()
    return sorted(HeadRef(loaded.attention_layers[each // loaded.n_heads], each % loaded.n_heads) for each in places)


def _named(
    run: TaskRun, senders: Sequence[tuple[HeadRef, ...]], receivers: Receivers | None, target: str, seed: int
) -> list[MeasuredEdge]:
    effects = run.effect_of_senders(senders, receivers)
    into = None if receivers is None else receivers.into
    return [
        MeasuredEdge(str(head), target, into, *_share(run, effect, seed))
        for (head,), effect in zip(senders, effects, strict=True)
    ]


def _measured(run: TaskRun, edge: Edge, mlps: Mlps, seed: int) -> MeasuredEdge:
    receivers = None if edge.into is None else Receivers(edge.receivers, edge.into, mlps)
    effect = run.effect_of_senders([edge.senders], receivers)[0]
    return MeasuredEdge(edge.source, edge.target, edge.into, *_share(run, effect, seed))


def _share(run: TaskRun, effect: Float[Tensor, " batch"], seed: int) -> tuple[float, float, float]:
    """An effect as a share of what the counterparts cost, and its interval."""
    shares = effect.double().numpy() / float((run.clean - run.corrupted).double().mean())
    bounds = mean_interval(shares, seed)
    return float(np.mean(shares)), float(bounds.low), float(bounds.high)
