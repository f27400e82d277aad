"""What a scan says of one head's effects, as the verdict reads it: of the score where that is one, else of the arm."""

from dataclasses import replace

import numpy as np

from ingest.causal_arm import CausalArm
from ingest.cause import Cause, OtherEffect
from ingest.detector import Detector
from ingest.effects import Array, EffectStatistics
from ingest.plain_numbers import number

Place = tuple[int, int]


def cause_of_score(
    detector: Detector, found: EffectStatistics, place: Place, p_adjusted: Array | None, p_attainable: float | None
) -> Cause | None:
    """A score that is an effect; None where it is no number."""
    task = detector.prompts.name.replace("_", " ") if detector.prompts else ""
    intervention = detector.metric.replace("_", " ")
    made = _cause(detector, found, place, p_adjusted, p_attainable)
    if made is None:
        return None
    return replace(made, behaviour=f"the task {task}", intervention=intervention, is_score=True)


def cause_of_arm(detector: Detector, arm: CausalArm, place: Place) -> Cause | None:
    """An effect beside a score of another kind; None where there is none."""
    if arm.mean is None:
        return None
    made = _cause(detector, arm.mean, place, arm.p_adjusted, arm.p_attainable)
    resample = None if arm.resample is None else other_effect(arm.resample, place)
    return None if made is None else replace(made, behaviour=arm.described, resample=resample)


def _cause(
    detector: Detector, found: EffectStatistics, place: Place, p_adjusted: Array | None, p_attainable: float | None
) -> Cause | None:
    if not np.isfinite(found.effect[place]):
        return None

    def at(values: Array) -> float | None:
        return number(values[place])

    return Cause(
        behaviour="",
        intervention="mean ablation",
        is_score=False,
        min_effect=detector.min_effect,
        effect=float(found.effect[place]),
        low=at(found.low),
        high=at(found.high),
        control=at(found.control),
        p_adjusted=None if p_adjusted is None else number(p_adjusted[place]),
        p_attainable=p_attainable,
        above_layer_low=at(found.above_layer_low),
        above_layer_high=at(found.above_layer_high),
        n_templates=found.n_templates,
        least_template=at(found.least_template),
        has_one_sign=bool(found.has_one_sign[place]),
    )


def other_effect(found: EffectStatistics, place: Place) -> OtherEffect | None:
    """The effect of a further kind of ablation; None where it is no number."""
    numbers = [float(each[place]) for each in (found.effect, found.low, found.high)]
    return OtherEffect(*numbers) if np.isfinite(numbers).all() else None
