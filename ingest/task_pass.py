"""Detectors of cause: one task on one language model, shared by all that ask for it.

The gate comes first: where the language model cannot do the task, no head is scored and the reason holds the numbers.
Then each detector intervenes in its own way, on the same prompts, and every head is ablated once for all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ingest.causal_arm import CausalArm, effects_of_task, make_arm, placed
from ingest.detector import Detector
from ingest.effects import EffectStatistics, effect_statistics
from ingest.engine.memory import with_room
from ingest.errors import WHY_ABSENT, GateFailedError, InterventionLostError, LanguageModelError
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.scoring import DetectorScores, HeadStatistics
from ingest.statistics.bootstrap import mean_interval
from ingest.tasks.gate import task_gate
from ingest.tasks.task import TaskBatch
from ingest.verdict import GateOutcome


def run_task(
    loaded: LoadedModel,
    batch: TaskBatch,
    detectors: Sequence[Detector],
    options: ScanOptions,
    note: Callable[[str], None] = lambda line: None,
) -> list[DetectorResult]:
    """Scores of all detectors of one task, with the effects of ablation beside them.

    What a reader of the scores should know, memory that ran out for one, goes to `note`.
    """
    task = detectors[0].task
    assert task is not None, "detectors of cause have a task"
    try:
        results, used = with_room(
            lambda n_prompts: _measure(TaskRun(loaded, batch, task, n_prompts, options.seed), detectors, options),
            options.batch_size,
            loaded.device,
            what=f"A single prompt of {batch.tokens.shape[1]} tokens",
        )
    except WHY_ABSENT as problem:
        return [DetectorResult(each, None, absent_reason=str(problem)) for each in detectors]
    except (LanguageModelError, InterventionLostError) as problem:
        return [DetectorResult(each, None, str(problem), is_failure=True) for each in detectors]
    if used < options.batch_size:
        note(f"Out of memory with {options.batch_size} prompts of {task.name} at a time; {used} were used.")
    return results


def _measure(run: TaskRun, detectors: Sequence[Detector], options: ScanOptions) -> list[DetectorResult]:
    gate = gate_of(run)
    if not gate.passed:
        reason = _why_closed(run, gate)
        return [DetectorResult(each, None, absent_reason=reason, gate=gate) for each in detectors]
    arm = arm_of(run) if options.has_arms else None
    return [_result(run, each, gate, arm, options) for each in detectors]


def _result(
    run: TaskRun, detector: Detector, gate: GateOutcome, arm: CausalArm | None, options: ScanOptions
) -> DetectorResult:
    arm = None if detector.is_definition else arm
    try:
        found = detector.function(run)
    except GateFailedError as problem:
        own = GateOutcome(False, problem.metric, problem.value, problem.required)
        return DetectorResult(detector, None, str(problem), gate=own)
    except WHY_ABSENT as problem:
        return DetectorResult(detector, None, str(problem), gate=gate, arm=arm)
    scores, effect = scored_effects(run, found, options)
    if scores is None:
        reason = "What was measured is not finite: the weights or the dtype overflow here; try float32."
        return DetectorResult(detector, None, reason, is_failure=True, gate=gate)
    return DetectorResult(detector, scores, gate=gate, effect=effect, arm=arm)


def gate_of(run: TaskRun) -> GateOutcome:
    """Whether the language model does the task, and loses something when the words that matter are replaced."""
    gate = task_gate(run.task, run.clean, run.accuracy, seed=run.seed)
    low = float(mean_interval((run.clean - run.corrupted).double().cpu().numpy(), run.seed).low)
    if gate.passed and not low > 0:
        measured = f"lower end of {run.task.measure.value} on {run.task.name}, clean minus corrupted"
        return GateOutcome(False, measured, low, 0.0)
    return gate


def _why_closed(run: TaskRun, gate: GateOutcome) -> str:
    measured = f"{gate.metric.replace('_', ' ')} is {gate.value:.3g}, and {gate.required:.3g} is needed."
    return f"The language model does not do the task {run.task.name.replace('_', ' ')}: {measured}"


def require_gate(run: TaskRun) -> None:
    """Refuse a task that the language model does not do.

    Raises:
        GateFailedError: It carries the numbers.
    """
    gate = gate_of(run)
    if not gate.passed:
        raise GateFailedError(_why_closed(run, gate), metric=gate.metric, value=gate.value, required=gate.required)


def arm_of(run: TaskRun) -> CausalArm:
    """What ablating each head does to the task."""
    return make_arm(effects_of_task(run), run.task, run.seed, run.batch.template.numpy(), placed(run.loaded))


def scored_effects(
    run: TaskRun, found: ItemScores, options: ScanOptions
) -> tuple[DetectorScores | None, EffectStatistics | None]:
    """Effects as scores, with chance 0 and the off-task control for a null model; None where none is a number."""
    spread = placed(run.loaded)
    value, control = spread(found.value.double().numpy()), spread(found.null.double().numpy())
    score = value.mean(axis=-1)
    if not np.isfinite(score).any():
        return None, None
    scores = DetectorScores(score, 0.0, None, value.shape[-1], int(found.counts.sum()), None)
    if not options.with_statistics:
        return scores, None
    effect = effect_statistics(value, control, run.batch.template.numpy(), options.seed)
    statistics = HeadStatistics(
        ci_low=effect.low,
        ci_high=effect.high,
        excess_low=effect.above_control_low,
        excess_high=effect.above_control_high,
        null_score=effect.control,
        p=effect.p,
        smallest_p=effect.smallest_p,
    )
    return replace(scores, statistics=statistics), effect
