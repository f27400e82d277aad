"""The causal arm of a detector: what its own behaviour, or task, loses without the head.

Every head is mean-ablated and resample-ablated, one at a time and exactly. An effect is the change of the behaviour,
intact minus ablated, divided by the size of its intact mean, so that 1 is all of it. It stands beside the detector's
score and lifts the evidence grade; the score itself does not know it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float
from torch import Tensor

from catalog.vocabulary import AblationKind
from ingest.behaviour import Behaviour, Served, contrast_measure, sign_of
from ingest.effects import EffectStatistics, effect_statistics
from ingest.errors import NoTargetError
from ingest.interventions.ablation import MeanOver, ablated_z
from ingest.interventions.each_head import Changed, each_head
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording, Run, record
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch
from ingest.statistics.bootstrap import mean_interval

Array = npt.NDArray[np.float64]

MOST_PROMPTS = 20
"""Prompts of a behaviour's ablations: a whole pass for each head and kind of ablation is what they cost."""
KINDS = (AblationKind.MEAN, AblationKind.RESAMPLE)


@dataclass(frozen=True)
class AblationEffects:
    """What ablating each head did to a behaviour and to its off-task control, prompt by prompt."""

    intact: Array  # [prompt]
    effect: Mapping[AblationKind, Array]
    """[layer, head, prompt], intact minus ablated."""
    control: Mapping[AblationKind, Array]


@dataclass(frozen=True)
class CausalArm:
    """Effects of every head on one behaviour."""

    behaviour: str
    description: str
    sign: Literal[1, -1]
    """-1 where heads of the type work against the behaviour; the statistics are turned round then."""
    n_prompts: int
    intact: float | None
    """The behaviour of the intact language model, mean over prompts; None where it is absent."""
    mean: EffectStatistics | None
    """By mean ablation."""
    resample: EffectStatistics | None
    absent_reason: str | None = None
    p_adjusted: Array | None = None
    p_attainable: float | None = None

    @property
    def described(self) -> str:
        """The behaviour as a sentence names it."""
        against = "" if self.sign == 1 else "working against "
        return f"{against}{self.behaviour.replace('_', ' ')}"

    @property
    def effect(self) -> Array | None:
        """Change of the behaviour without the head, divided by the intact value: positive where the head serves it."""
        return None if self.mean is None else self.sign * self.mean.effect


def ablate_for(
    loaded: LoadedModel, behaviour: Behaviour, batch: PromptBatch, seed: int, batch_size: int
) -> AblationEffects:
    """Ablate every head and measure a behaviour.

    Means are taken over all tokens of all prompts: prompts of random tokens have nothing in common at a position.

    Raises:
        NoTargetError: The prompts do not hold what the behaviour needs, or the language model does not show it: then
            there is nothing that an effect could be a share of, and nothing is ablated.
        UnsupportedArchitectureError: An encoder, or a family whose readout nobody wrote down.
    """
    shown = intact_run(loaded, behaviour, batch, seed, batch_size)
    # [layer, head, 2, prompt]: the behaviour and its control.
    changes = {
        kind: (shown.value - each_head(shown.recording, shown.measure, shown.ablated(kind)).values).double().numpy()
        for kind in KINDS
    }
    return AblationEffects(
        shown.value[0].double().numpy(),
        {kind: change[:, :, 0] for kind, change in changes.items()},
        {kind: change[:, :, 1] for kind, change in changes.items()},
    )


@dataclass(frozen=True)
class IntactRun:
    """A language model that shows a behaviour, before anything is done to its heads."""

    recording: Recording
    measure: LogitMeasure
    value: Float[Tensor, "2 batch"]
    """The behaviour, and its off-task control."""
    seed: int

    def ablated(self, kind: AblationKind) -> Changed:
        """z of all heads after ablation."""
        is_real = self.recording.run.is_real
        return {
            layer: ablated_z(z, is_real, kind, mean_over=MeanOver.ALL, seed=self.seed)
            for layer, z in self.recording.z.items()
        }


def intact_run(loaded: LoadedModel, behaviour: Behaviour, batch: PromptBatch, seed: int, batch_size: int) -> IntactRun:
    """Run the prompts of a behaviour.

    Raises:
        NoTargetError: The prompts do not hold what the behaviour needs, or the language model does not show it.
        UnsupportedArchitectureError: An encoder, or a family whose readout nobody wrote down.
    """
    measure = contrast_measure(behaviour.contrast(batch))
    recording = record(Run(loaded, batch.tokens, batch.is_real, batch_size=batch_size), measure.is_asked)
    value = measure.value(logits_of(loaded, recording.normed, measure.token_ids)).cpu()
    _require_shown(behaviour, value[0].double().numpy(), seed)
    return IntactRun(recording, measure, value, seed)


def effects_of_task(run: TaskRun) -> AblationEffects:
    """The same for a task: means and other prompts are those of the same template."""
    return AblationEffects(
        run.clean.double().numpy(),
        {kind: run.ablation_effect(kind).double().numpy() for kind in KINDS},
        {kind: run.ablation_effect(kind, "control").double().numpy() for kind in KINDS},
    )


def placed(loaded: LoadedModel) -> Callable[[Array], Array]:
    """What puts layers that have heads at their places among all layers, NaN in the others."""

    def spread(values: Array) -> Array:
        found: Array = loaded.spread(torch.from_numpy(values)).numpy()
        return found

    return spread


def make_arm(
    found: AblationEffects,
    behaviour: Served,
    seed: int,
    template: npt.NDArray[np.int64] | None = None,
    spread: Callable[[Array], Array] = lambda values: values,
) -> CausalArm:
    """Statistics of effects as shares of the size of the intact behaviour.

    Args:
        found: What ablation did.
        behaviour: To which behaviour.
        seed: For the resampling of prompts.
        template: Of each prompt, where prompts have one.
        spread: Puts layers that have heads at their places among all layers.
    """
    intact = float(found.intact.mean())
    sign = sign_of(behaviour)
    by_kind = {
        kind: effect_statistics(
            spread(sign * found.effect[kind] / abs(intact)), spread(found.control[kind] / abs(intact)), template, seed
        )
        for kind in KINDS
    }
    return CausalArm(
        behaviour.name,
        behaviour.description,
        sign,
        len(found.intact),
        intact,
        by_kind[AblationKind.MEAN],
        by_kind[AblationKind.RESAMPLE],
    )


def _require_shown(behaviour: Behaviour, intact: Array, seed: int) -> None:
    bounds = mean_interval(intact, seed)
    low, high = float(bounds.low), float(bounds.high)
    if not (low > behaviour.least or high < -behaviour.least):
        raise NoTargetError(
            f"The language model does not show the behaviour ({behaviour.name.replace('_', ' ')}): "
            f"{behaviour.description} is {intact.mean():.2f}, {low:.2f} to {high:.2f}, and {behaviour.least:g} is "
            "needed."
        )
