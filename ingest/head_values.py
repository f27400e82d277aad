"""What a record keeps of one head beside the numbers that were judged: values by prompt, and how p was adjusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ingest.adjustment import Adjustment, adjustment_of
from ingest.effects import EffectStatistics
from ingest.group_effect import OWN, GroupResult
from ingest.prompt_values import pack
from ingest.scan_result import DetectorResult, ScanResult
from ingest.statistics.unit_statistics import UnitValues

Place = tuple[int, int]


def values_by_prompt(result: DetectorResult, place: Place) -> dict[str, Any]:
    """The values behind the score and behind each ablation; null where there are none."""
    scores, arm = result.scores, result.arm
    if result.effect is not None:
        score = _of_effect(result.effect, place)
    else:
        score = None if scores is None or scores.units is None else values_of_units(scores.units, place)
    return {
        "score": score,
        "mean_ablation": None if arm is None or arm.mean is None else _of_effect(arm.mean, place),
        "resample_ablation": None if arm is None or arm.resample is None else _of_effect(arm.resample, place),
    }


def group_values(group: GroupResult, groups: Sequence[GroupResult]) -> dict[str, Any]:
    """The same of a group of heads: its joint effect is the score, and the groups of the scan are one set of tests."""
    mean, resample = group.mean, group.resample
    p = [np.array([each.mean.p[OWN]]) for each in groups if each.mean is not None]
    own = None if mean is None else adjustment_of(mean.p[OWN], p, mean.smallest_p)
    return {
        "by_prompt": {
            "score": None if mean is None else _of_effect(mean, OWN),
            "mean_ablation": None,
            "resample_ablation": None if resample is None else _of_effect(resample, OWN),
        },
        "adjustments": {"score": None if own is None else own.as_record(), "mean_ablation": None},
    }


def values_of_units(units: UnitValues, place: Place) -> dict[str, Any] | None:
    """Values of one head, prompt by prompt; None where one is no number."""
    n = int(units.n_units[place])
    value, chance = units.value[place][:n], units.chance[place][:n]
    null = None if units.null is None else units.null[place][:n]
    if not (n and np.isfinite(value).all() and np.isfinite(chance).all()):
        return None
    has_null = null is not None and np.isfinite(null).all()
    return {
        "kind": "mass",
        "n": n,
        "value": pack(value),
        "chance": pack(chance),
        "null": pack(null) if has_null and null is not None else None,
        "template": None,
    }


def _of_effect(found: EffectStatistics, place: Place) -> dict[str, Any] | None:
    if found.by_prompt is None or found.control_by_prompt is None:
        return None
    value, control = found.by_prompt[place], found.control_by_prompt[place]
    if not (np.isfinite(value).all() and np.isfinite(control).all()):
        return None
    return {
        "kind": "effect",
        "n": len(value),
        "value": pack(value),
        "chance": 0.0,
        "null": pack(control),
        "template": None if found.template is None else found.template.tolist(),
    }


def adjustments(scan: ScanResult, result: DetectorResult, place: Place) -> dict[str, Any]:
    """How the p of the score and that of the ablation were adjusted: sets that do not touch each other."""
    statistics = [each.scores.statistics for each in scan.detectors if each.scores and each.scores.statistics]
    arms = [each.arm.mean for each in scan.detectors if each.arm is not None and each.arm.mean is not None]
    score: Adjustment | None = None
    arm: Adjustment | None = None
    if result.scores is not None and result.scores.statistics is not None:
        own = result.scores.statistics
        score = adjustment_of(own.p[place], [each.p for each in statistics], own.smallest_p)
    if result.arm is not None and result.arm.mean is not None:
        own_arm = result.arm.mean
        arm = adjustment_of(own_arm.p[place], [each.p for each in arms], own_arm.smallest_p)
    return {
        "score": None if score is None else score.as_record(),
        "mean_ablation": None if arm is None else arm.as_record(),
    }
