"""What a scan returns: scores of every head by every detector, and what they say of one head.

How it is computed: `scan.py`. As JSON: `scan_record.py`. In the database: `scan_rows.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.notation import HeadRef
from catalog.vocabulary import Polarity
from ingest.causal_arm import CausalArm
from ingest.detector import Detector
from ingest.effects import EffectStatistics
from ingest.evidence import Evidence
from ingest.group_effect import GroupResult, group_record
from ingest.head_cause import cause_of_arm, cause_of_score
from ingest.loaded_model import LoadedModel
from ingest.plain_numbers import number
from ingest.scoring import DetectorScores
from ingest.verdict import MIN_EXCESS, GateOutcome, HeadRecord, is_positive, may_be_positive

Array = npt.NDArray[np.float64]

NOT_FINITE = "What was measured of this head is no finite number."


@dataclass(frozen=True)
class ScanOptions:
    """How to scan; the defaults are those of the command."""

    n_prompts: int = 32
    length: int | None = None
    """Tokens of a prompt; None takes each family's own length, or the context where that is shorter."""
    seed: int = 0
    batch_size: int = 8
    with_statistics: bool = True
    with_definitions: bool = True
    """Whether competing definitions are scored beside the primary ones; only where statistics are."""
    with_ablation: bool = True
    """Whether every head is ablated beside its scores, which takes longer than all the rest; only where statistics are.
    """

    with_breadth: bool = False
    """Whether detectors of attention are also measured on ordinary text, one more pass; only where statistics are."""

    @property
    def has_arms(self) -> bool:
        """Whether causal arms are measured."""
        return self.with_statistics and self.with_ablation


@dataclass(frozen=True)
class BreadthResult:
    """What one detector found on ordinary text: `breadth_pass.py`."""

    score: "DetectorResult | None"
    """Where the label has something to say."""
    share: "DetectorResult | None"
    """Of all attention; None where the score is no mass."""
    why_not: str | None = None
    """Why nothing was measured."""


@dataclass(frozen=True)
class DetectorResult:
    """What one detector found."""

    detector: Detector
    scores: DetectorScores | None
    absent_reason: str | None = None
    """Why there are no scores at all; a single head may lack its own, which is then NaN."""
    is_failure: bool = False
    """Whether scores are absent because something broke, not because the prompts hold nothing to count."""
    p_adjusted: Array | None = None
    p_attainable: float | None = None
    gate: GateOutcome | None = None
    effect: EffectStatistics | None = None
    """Of detectors of cause: statistics of the score, which is an effect."""
    arm: CausalArm | None = None
    """What ablating each head does to the detector's behaviour or task; None where it has none, and without statistics.
    """
    breadth: BreadthResult | None = None
    """On ordinary text; None where the scan did not ask."""
    definitions: Mapping[str, "DetectorResult"] = field(default_factory=dict)
    """What each competing definition found, by metric."""


@dataclass(frozen=True)
class ScanResult:
    """One scan: what was measured, on what, and how."""

    loaded: LoadedModel
    options: ScanOptions
    detectors: list[DetectorResult]
    is_live: bool
    output_share: Array
    """[layer, head]: what a head writes, as a multiple of the mean of its layer's heads; NaN where not known."""
    provenance: dict[str, Any]
    started_at: datetime
    finished_at: datetime
    seconds: float
    groups: list[GroupResult] = field(default_factory=list)
    """What heads that were asked for together do together."""

    @property
    def heads(self) -> list[HeadRef]:
        """All heads, layer by layer; layers without attention have none."""
        return [HeadRef(layer, head) for layer in self.loaded.attention_layers for head in range(self.loaded.n_heads)]

    def why_absent(self, result: DetectorResult, head: HeadRef) -> str:
        """Why a head has no score."""
        return self.loaded.why_no_head(head.layer) or result.absent_reason or NOT_FINITE

    def head_record(self, result: DetectorResult, head: HeadRef, polarity: Polarity = Polarity.IS) -> HeadRecord:
        """What this scan says of one head and one head type, as the verdict reads it."""
        place = (head.layer, head.head)
        scores, rule, arm = result.scores, result.detector.rule, result.arm
        score = None if scores is None else number(scores.score[place])
        statistics = scores.statistics if scores is not None and score is not None else None

        cause = None
        if score is not None and result.effect is not None:
            cause = cause_of_score(result.detector, result.effect, place, result.p_adjusted, result.p_attainable)
        elif arm is not None:
            cause = cause_of_arm(result.detector, arm, place)

        def at(values: Array | None) -> float | None:
            return None if values is None else number(values[place])

        return HeadRecord(
            polarity=polarity,
            is_live=self.is_live,
            gate=result.gate,
            score=score,
            score_absent_reason=None if score is not None else self.why_absent(result, head),
            is_failure=score is None
            and head.layer in self.loaded.attention_layers
            and (result.is_failure or scores is not None),
            chance=None if scores is None else _chance(scores, place),
            ci_low=at(statistics.ci_low) if statistics else None,
            ci_high=at(statistics.ci_high) if statistics else None,
            excess_low=at(statistics.excess_low) if statistics else None,
            excess_high=at(statistics.excess_high) if statistics else None,
            p_adjusted=at(result.p_adjusted),
            p_attainable=result.p_attainable,
            output_share=number(self.output_share[place]),
            published_threshold=rule.threshold if rule is not None and rule.is_applicable else None,
            cause=cause,
            cause_absent_reason=None if cause is not None else _why_no_cause(result),
        )

    def group_of(self, detector: Detector, heads: Sequence[HeadRef]) -> GroupResult:
        """What heads that were asked for together do together."""
        asked = tuple(sorted(heads))
        found = (each for each in self.groups if each.detector.name == detector.name and each.heads == asked)
        without = "Joint effects were left out: they need statistics and ablation."
        return next(found, GroupResult(detector, asked, "no behaviour", absent_reason=without))

    def group_record(self, group: GroupResult, polarity: Polarity = Polarity.IS) -> HeadRecord:
        """What this scan says of several heads together and one head type, as the verdict reads it."""
        return group_record(group, polarity, is_live=self.is_live)

    def positive(self, result: DetectorResult) -> list[HeadRef] | None:
        """Heads that the detector finds; None where no statistics were computed, and for what makes no claim."""
        if not self.options.with_statistics or result.detector.evidence is Evidence.MOMENTS:
            return None
        if result.scores is None or result.scores.statistics is None or result.p_adjusted is None:
            return []
        if result.effect is None:
            may_be = may_be_positive(result.p_adjusted, result.scores.statistics.excess_low, MIN_EXCESS)
        else:
            may_be = may_be_positive(result.p_adjusted, result.effect.low, result.detector.min_effect)
        return [
            head for head in self.heads if may_be[head.layer, head.head] and is_positive(self.head_record(result, head))
        ]

    def rank(self, result: DetectorResult, head: HeadRef) -> int | None:
        """Place of a head by score among all heads, from one; equal scores share the better place."""
        if result.scores is None:
            return None
        score = result.scores.score[head.layer, head.head]
        return None if np.isnan(score) else int((result.scores.score > score).sum()) + 1


def _why_no_cause(result: DetectorResult) -> str | None:
    return result.detector.no_behaviour if result.arm is None else result.arm.absent_reason


def _chance(scores: DetectorScores, place: tuple[int, int]) -> float | None:
    return number(scores.chance if scores.head_chance is None else scores.head_chance[place])
