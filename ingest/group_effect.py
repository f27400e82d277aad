"""What several heads do together: the result of ablating them jointly, and the record that a verdict reads.

The measuring is in `group_pass.py`, the rule in `cause.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.cause import Cause, RandomGroups, least_of_group
from ingest.detector import Detector
from ingest.effects import EffectStatistics
from ingest.head_cause import cause_of_score, other_effect
from ingest.statistics.multiplicity import benjamini_hochberg
from ingest.verdict import GateOutcome, HeadRecord

Array = npt.NDArray[np.float64]

METRIC = "joint_ablation_effect"
"""Slug of the metric: a joint effect as a share of the behaviour."""
OWN = (0, 0)
"""Place of the group itself in its statistics; the random groups stand beside it, as other heads of a layer would."""


@dataclass(frozen=True)
class GroupResult:
    """A group of heads claimed for one head type, and what became of its behaviour without all of them."""

    detector: Detector
    heads: tuple[HeadRef, ...]
    described: str
    """The behaviour as a sentence names it."""
    mean: EffectStatistics | None = None
    """[1, group and random groups]: by mean ablation."""
    resample: EffectStatistics | None = None
    """[1, 1]: the group alone, by resample ablation."""
    random: Sequence[tuple[HeadRef, ...]] = ()
    absent_reason: str | None = None
    gate: GateOutcome | None = None
    p_adjusted: float | None = None
    p_attainable: float | None = None

    @property
    def random_effects(self) -> list[float]:
        """Mean effect of each random group."""
        return [] if self.mean is None else [float(each) for each in self.mean.effect[0, 1:]]


def with_adjusted_p(groups: Sequence[GroupResult]) -> list[GroupResult]:
    """Benjamini–Hochberg over the groups of a scan: a set of its own, beside scores and arms of single heads."""
    p = np.array([np.nan if each.mean is None else each.mean.p[OWN] for each in groups])
    adjusted, n_tests = benjamini_hochberg(p), int(np.isfinite(p).sum())
    return [
        each
        if each.mean is None
        else replace(each, p_adjusted=float(own), p_attainable=min(1.0, each.mean.smallest_p * n_tests))
        for each, own in zip(groups, adjusted, strict=True)
    ]


def group_record(result: GroupResult, polarity: Polarity, *, is_live: bool) -> HeadRecord:
    """What a scan says of a group and one head type, as the verdict reads it."""
    found, cause = result.mean, _cause(result)

    def at(values: Array) -> float | None:
        return float(values[OWN]) if np.isfinite(values[OWN]) else None

    return HeadRecord(
        polarity=polarity,
        is_live=is_live,
        gate=result.gate,
        score=None if cause is None else cause.effect,
        score_absent_reason=None if cause is not None else result.absent_reason,
        is_failure=found is not None and cause is None,
        chance=None if cause is None else 0.0,
        ci_low=None if found is None else at(found.low),
        ci_high=None if found is None else at(found.high),
        excess_low=None if found is None else at(found.above_control_low),
        excess_high=None if found is None else at(found.above_control_high),
        p_adjusted=result.p_adjusted,
        p_attainable=result.p_attainable,
        output_share=None,
        published_threshold=None,
        cause=cause,
        cause_absent_reason=result.absent_reason,
    )


def _cause(result: GroupResult) -> Cause | None:
    if result.mean is None:
        return None
    p_adjusted = None if result.p_adjusted is None else np.full((1, 1), result.p_adjusted)
    made = cause_of_score(result.detector, result.mean, OWN, p_adjusted, result.p_attainable)
    if made is None:
        return None
    n_as_large = sum(each >= made.effect for each in result.random_effects)
    return replace(
        made,
        behaviour=result.described,
        intervention="mean ablation together",
        min_effect=least_of_group(result.detector.min_effect, len(result.heads)),
        resample=None if result.resample is None else other_effect(result.resample, OWN),
        group=RandomGroups(len(result.heads), len(result.random), n_as_large),
    )
