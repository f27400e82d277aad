"""Causal arms of the detectors of a scan: one ablation of every head for each behaviour, shared by all that name it."""

from collections.abc import Callable, Sequence

import numpy as np

from catalog.vocabulary import AblationKind
from ingest.behaviour import Behaviour
from ingest.causal_arm import MOST_PROMPTS, AblationEffects, Array, CausalArm, ablate_for, make_arm, placed
from ingest.checkpoint import Arrays, Checkpoint
from ingest.detector import Detector
from ingest.engine.memory import with_room
from ingest.errors import WHY_ABSENT, InterventionLostError
from ingest.loaded_model import LoadedModel
from ingest.measuring_in_parts import replace_prompts
from ingest.progress import Progress
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.scan_result import ScanOptions


def run_arms(
    loaded: LoadedModel,
    detectors: Sequence[Detector],
    prompts_of: Callable[[PromptFamily], PromptBatch],
    options: ScanOptions,
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
        progress: Told what is being measured.
        checkpoint: Where finished ablations are kept.
    """
    if not options.has_arms:
        return {}
    named = {each.behaviour.name: each.behaviour for each in detectors if each.behaviour is not None}
    found: dict[str, AblationEffects | str] = {}
    for name, behaviour in named.items():
        whose = ", ".join(each.name for each in detectors if each.behaviour is not None and each.behaviour.name == name)
        progress.tell(f"ablating every head, for {whose} on {name.replace('_', ' ')}")
        try:
            few = replace_prompts(prompts_of(behaviour.prompts), slice(MOST_PROMPTS))
            found[name] = _effects(loaded, behaviour, few, options, checkpoint)
        except (*WHY_ABSENT, InterventionLostError) as problem:
            found[name] = str(problem)
    return {
        each.key: _arm(loaded, each.behaviour, found[each.behaviour.name], options)
        for each in detectors
        if each.behaviour is not None
    }


def _effects(
    loaded: LoadedModel, behaviour: Behaviour, batch: PromptBatch, options: ScanOptions, checkpoint: Checkpoint | None
) -> AblationEffects:
    """Effects as an earlier scan left them, or measured and kept."""
    name, facts = f"{behaviour.name}.arm", {"prompts": batch.sha256}
    stored = None if checkpoint is None else checkpoint.load(name, facts)
    if stored is not None:
        return _unpacked(stored[0])
    found, _ = with_room(
        lambda n_prompts: ablate_for(loaded, behaviour, batch, options.seed, n_prompts),
        options.batch_size,
        loaded.device,
        what=f"A single prompt of {batch.tokens.shape[1]} tokens",
    )
    if checkpoint is not None:
        checkpoint.save(name, _packed(found), facts)
    return found


def _arm(loaded: LoadedModel, behaviour: Behaviour, found: AblationEffects | str, options: ScanOptions) -> CausalArm:
    if isinstance(found, str):
        unknown = float("nan")
        return CausalArm(behaviour.name, behaviour.description, behaviour.sign, 0, unknown, None, None, found)
    return make_arm(found, behaviour, options.seed, spread=placed(loaded))


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
