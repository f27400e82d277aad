"""Causal arms of the detectors of a scan: one ablation of every head for each behaviour, shared by all that name it.

A behaviour may be a task. What the detectors of that task have measured in the same scan is taken from them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.vocabulary import AblationKind
from ingest.behaviour import Behaviour, Served, sign_of
from ingest.causal_arm import (
    MOST_PROMPTS,
    AblationEffects,
    Array,
    CausalArm,
    ablate_for,
    effects_of_task,
    make_arm,
    placed,
)
from ingest.checkpoint import Arrays, Checkpoint
from ingest.detector import Detector
from ingest.engine.memory import with_room
from ingest.errors import WHY_ABSENT, InterventionLostError
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.progress import Progress
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.task_pass import require_gate
from ingest.tasks.task import Task, TaskBatch

_Measured = tuple[AblationEffects, npt.NDArray[np.int64] | None]
"""Effects, and the template of each prompt where prompts have one."""


@dataclass(frozen=True)
class _Arms:
    """What every arm of a scan needs."""

    loaded: LoadedModel
    prompts_of: Callable[[PromptFamily], PromptBatch]
    options: ScanOptions
    checkpoint: Checkpoint | None


def run_arms(
    loaded: LoadedModel,
    detectors: Sequence[Detector],
    prompts_of: Callable[[PromptFamily], PromptBatch],
    options: ScanOptions,
    found: Mapping[str, DetectorResult],
    *,
    progress: Progress,
    checkpoint: Checkpoint | None,
) -> dict[str, CausalArm]:
    """Arms by the key of their detector; none where the options leave them out.

    Args:
        loaded: The language model.
        detectors: Those of the scan; the ones that name no behaviour have no arm here.
        prompts_of: Makes a family's prompts.
        options: How to run.
        found: What the scan has measured; detectors of a task have its arm.
        progress: Told what is being measured.
        checkpoint: Where finished ablations are kept.
    """
    if not options.has_arms:
        return {}
    arms = _Arms(loaded, prompts_of, options, checkpoint)
    named = [(each, each.behaviour) for each in detectors if each.behaviour is not None]
    made: dict[str, CausalArm] = {}
    effects: dict[str, _Measured | str] = {}
    for detector, served in named:
        shared = _of_task_detector(served, found)
        if shared is not None:
            made[detector.key] = shared
            continue
        if served.name not in effects:
            whose = ", ".join(each.name for each, other in named if other.name == served.name)
            progress.tell(f"ablating every head, for {whose} on {served.name.replace('_', ' ')}")
            effects[served.name] = _effects_or_reason(arms, served)
        made[detector.key] = _arm(arms, served, effects[served.name])
    return made


def _of_task_detector(served: Served, found: Mapping[str, DetectorResult]) -> CausalArm | None:
    """The arm of a detector whose scores come from this very task; absent where its gate was closed."""
    if isinstance(served, Behaviour):
        return None
    of_task = [
        each
        for each in found.values()
        if not each.detector.is_definition and each.detector.task is not None and each.detector.task.name == served.name
    ]
    with_arm = next((each.arm for each in of_task if each.arm is not None), None)
    if with_arm is not None or not of_task:
        return with_arm
    closed = next((each for each in of_task if each.gate is not None and not each.gate.passed), None)
    return None if closed is None or closed.absent_reason is None else _absent(served, closed.absent_reason)


def _effects_or_reason(arms: _Arms, served: Served) -> _Measured | str:
    try:
        batch = arms.prompts_of(served if isinstance(served, Task) else served.prompts)
        if isinstance(batch, TaskBatch):
            return _effects(arms, served, batch), batch.template.numpy()
        return _effects(arms, served, batch.spread(MOST_PROMPTS)), None
    except (*WHY_ABSENT, InterventionLostError) as problem:
        return str(problem)


def _effects(arms: _Arms, served: Served, batch: PromptBatch) -> AblationEffects:
    """Effects as an earlier scan left them, or measured and kept."""
    name, facts = f"{served.name}.arm", {"prompts": batch.sha256}
    stored = None if arms.checkpoint is None else arms.checkpoint.load(name, facts)
    if stored is not None:
        return _unpacked(stored[0])
    found, _ = with_room(
        lambda n_prompts: _measured(arms, served, batch, n_prompts),
        arms.options.batch_size,
        arms.loaded.device,
        what=f"A single prompt of {batch.tokens.shape[1]} tokens",
    )
    if arms.checkpoint is not None:
        arms.checkpoint.save(name, _packed(found), facts)
    return found


def _measured(arms: _Arms, served: Served, batch: PromptBatch, n_prompts: int) -> AblationEffects:
    if isinstance(served, Behaviour):
        return ablate_for(arms.loaded, served, batch, arms.options.seed, n_prompts)
    assert isinstance(batch, TaskBatch), "a task makes a batch of its own"
    run = TaskRun(arms.loaded, batch, served, n_prompts, arms.options.seed)
    require_gate(run)
    return effects_of_task(run)


def _arm(arms: _Arms, served: Served, found: _Measured | str) -> CausalArm:
    if isinstance(found, str):
        return _absent(served, found)
    effects, template = found
    return make_arm(effects, served, arms.options.seed, template, placed(arms.loaded))


def _absent(served: Served, reason: str) -> CausalArm:
    return CausalArm(served.name, served.description, sign_of(served), 0, None, None, None, reason)


def _packed(found: AblationEffects) -> Arrays:
    arrays: Arrays = {"intact": found.intact}
    for kind, effect in found.effect.items():
        arrays |= {f"effect/{kind}": np.ascontiguousarray(effect)}
        arrays |= {f"control/{kind}": np.ascontiguousarray(found.control[kind])}
    return arrays


def _unpacked(arrays: Arrays) -> AblationEffects:
    def by_kind(what: str) -> dict[AblationKind, Array]:
        return {kind: arrays[f"{what}/{kind}"] for kind in AblationKind if f"{what}/{kind}" in arrays}

    return AblationEffects(arrays["intact"], by_kind("effect"), by_kind("control"))
