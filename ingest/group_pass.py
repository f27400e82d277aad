"""Groups of heads in a scan: all heads of a group ablated together, beside random groups of as many heads.

Wu et al. 2024, arXiv:2404.15574, section 4.1, mask the best retrieval heads together and as many random ones; Wang et
al. 2022, arXiv:2211.00593, knock out the name movers together, and backups take over. Here the random groups are
matched by layer, and the group's effect has an off-task control and a second kind of ablation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.behaviour import Behaviour, Served, sign_of
from ingest.causal_arm import MOST_PROMPTS, IntactRun, intact_run
from ingest.detector import Detector
from ingest.effects import EffectStatistics, effect_statistics
from ingest.engine.memory import with_room
from ingest.errors import WHY_ABSENT, GateFailedError, InterventionLostError
from ingest.group_effect import GroupResult, with_adjusted_p
from ingest.interventions.joint_ablation import with_groups_changed
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.progress import Progress
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.scan_result import ScanOptions
from ingest.statistics.random_groups import random_groups
from ingest.task_pass import require_gate
from ingest.tasks.task import Task, TaskBatch
from ingest.verdict import GateOutcome

Groups = Mapping[str, Sequence[tuple[HeadRef, ...]]]
"""Groups by the name of the detector of their type."""
Array = npt.NDArray[np.float64]
_KINDS = (AblationKind.MEAN, AblationKind.RESAMPLE)


@dataclass(frozen=True)
class _Scan:
    """What every group of a scan needs; prompts are run once for each behaviour."""

    loaded: LoadedModel
    prompts_of: Callable[[PromptFamily], PromptBatch]
    options: ScanOptions
    runs: dict[str, IntactRun | TaskRun] = field(default_factory=dict)


def run_groups(
    loaded: LoadedModel,
    detectors: Sequence[Detector],
    groups: Groups,
    prompts_of: Callable[[PromptFamily], PromptBatch],
    options: ScanOptions,
    *,
    progress: Progress,
) -> list[GroupResult]:
    """Joint effects of all groups, in the order of the detectors.

    Args:
        loaded: The language model.
        detectors: Those of the scan.
        groups: Which heads are ablated together, for which type.
        prompts_of: Makes a family's prompts.
        options: How to run.
        progress: Told what is being measured.
    """
    scan = _Scan(loaded, prompts_of, options)
    results = []
    for detector in detectors:
        for heads in groups.get(detector.name, ()):
            progress.tell(f"ablating {len(heads)} heads together, for {detector.name}")
            results.append(_of_group(scan, detector, tuple(sorted(heads))))
    return with_adjusted_p(results)


def _of_group(scan: _Scan, detector: Detector, heads: tuple[HeadRef, ...]) -> GroupResult:
    served = detector.behaviour or detector.task
    if served is None:
        why = detector.no_behaviour or "This detector names no behaviour that its heads serve."
        return GroupResult(detector, heads, "no behaviour", absent_reason=why)
    against = "working against " if sign_of(served) < 0 else ""
    kind = "the task " if isinstance(served, Task) else ""
    empty = GroupResult(detector, heads, f"{against}{kind}{served.name.replace('_', ' ')}")
    try:
        run = scan.runs.get(served.name) or _intact(scan, served)
        scan.runs[served.name] = run
        return _measured(scan, empty, served, run)
    except GateFailedError as problem:
        gate = GateOutcome(False, problem.metric, problem.value, problem.required)
        return replace(empty, absent_reason=str(problem), gate=gate)
    except (*WHY_ABSENT, InterventionLostError) as problem:
        return replace(empty, absent_reason=str(problem))


def _intact(scan: _Scan, served: Served) -> IntactRun | TaskRun:
    loaded, seed = scan.loaded, scan.options.seed
    batch = scan.prompts_of(served if isinstance(served, Task) else served.prompts)

    def run(n_prompts: int) -> IntactRun | TaskRun:
        if isinstance(served, Behaviour):
            return intact_run(loaded, served, batch.spread(MOST_PROMPTS), seed, n_prompts)
        assert isinstance(batch, TaskBatch), "a task makes a batch of its own"
        task_run = TaskRun(loaded, batch, served, n_prompts, seed)
        require_gate(task_run)
        return task_run

    what = f"A single prompt of {batch.tokens.shape[1]} tokens"
    return with_room(run, scan.options.batch_size, loaded.device, what=what)[0]


def _measured(scan: _Scan, empty: GroupResult, served: Served, run: IntactRun | TaskRun) -> GroupResult:
    loaded, seed = scan.loaded, scan.options.seed
    random = random_groups(empty.heads, loaded.attention_layers, loaded.n_heads, seed)
    asked = {AblationKind.MEAN: [empty.heads, *random], AblationKind.RESAMPLE: [empty.heads]}
    template = run.batch.template.numpy() if isinstance(run, TaskRun) else None

    def statistics(kind: AblationKind) -> EffectStatistics:
        effect, control = _shares(run, asked[kind], kind)
        return effect_statistics(sign_of(served) * effect, control, template, seed)

    found = {kind: statistics(kind) for kind in _KINDS}
    return replace(empty, mean=found[AblationKind.MEAN], resample=found[AblationKind.RESAMPLE], random=random)


def _shares(run: IntactRun | TaskRun, groups: Sequence[tuple[HeadRef, ...]], kind: AblationKind) -> tuple[Array, Array]:
    """Effects on the behaviour and on its control, [1, group, prompt]: groups stand beside each other as heads do."""
    if isinstance(run, TaskRun):
        intact = run.clean
        effect, control = (run.joint_ablation_effect(groups, kind, measure) for measure in ("task", "control"))
    else:
        intact = run.value[0]
        changed = with_groups_changed(run.recording, run.measure, run.ablated(kind), groups)
        effect, control = (run.value - changed).unbind(dim=1)
    whole = abs(float(intact.double().mean()))
    return effect.double().numpy()[None] / whole, control.double().numpy()[None] / whole
