"""What a scan found of the head, or the heads together, that a claim is about, as a record keeps it."""

from dataclasses import dataclass
from typing import Any, Protocol

from catalog.notation import HeadRef, group_text
from catalog.vocabulary import Polarity
from ingest.cause import GROUP_RULE
from ingest.detector import Detector, rule_of
from ingest.group_effect import METRIC, OWN, GroupResult
from ingest.head_breadth import breadth_record
from ingest.head_values import adjustments, group_values, values_by_prompt
from ingest.plain_numbers import number
from ingest.scan_result import DetectorResult, ScanResult


class Found(Protocol):
    """What a scan found of the head, or heads together, that a claim is about: as a record keeps it."""

    @property
    def detector(self) -> Detector:
        """What measured it."""

    @property
    def metric(self) -> str:
        """Slug of the metric of its score."""

    @property
    def rule(self) -> str:
        """Our rule, in words."""

    @property
    def rank(self) -> int | None:
        """Place among all heads, or among the random groups."""

    @property
    def p_value(self) -> float | None:
        """p before it is adjusted for the number of tests."""

    def as_record(self) -> dict[str, Any]:
        """Values by prompt, how p was adjusted, and what the head, or group, was compared with."""


@dataclass(frozen=True)
class FoundHead:
    """One head of a scan."""

    result: ScanResult
    of_detector: DetectorResult
    head: HeadRef
    polarity: Polarity

    @property
    def detector(self) -> Detector:
        """What measured it."""
        return self.of_detector.detector

    @property
    def metric(self) -> str:
        """That of the detector."""
        return self.detector.metric

    @property
    def rule(self) -> str:
        """That of the detector's kind of evidence."""
        return rule_of(self.detector)

    @property
    def rank(self) -> int | None:
        """Place of the head among all heads."""
        return self.result.rank(self.of_detector, self.head)

    @property
    def p_value(self) -> float | None:
        """p before it is adjusted for the number of heads."""
        scores = self.of_detector.scores
        if scores is None or scores.statistics is None:
            return None
        return number(scores.statistics.p[self.head.layer, self.head.head])

    def as_record(self) -> dict[str, Any]:
        """Values by prompt, and how p was adjusted."""
        place = (self.head.layer, self.head.head)
        return {
            "by_prompt": values_by_prompt(self.of_detector, place),
            "adjustments": adjustments(self.result, self.of_detector, place),
            "breadth": None
            if self.of_detector.breadth is None
            else breadth_record(self.result, self.of_detector, self.head, self.polarity),
        }


@dataclass(frozen=True)
class FoundGroup:
    """Several heads of a scan, ablated together."""

    result: ScanResult
    group: GroupResult

    @property
    def detector(self) -> Detector:
        """That of the head type; its own score of single heads plays no part."""
        return self.group.detector

    @property
    def metric(self) -> str:
        """That of joint effects."""
        return METRIC

    @property
    def rule(self) -> str:
        """The rule of groups."""
        return f"{GROUP_RULE}; the least share of one head of this type is {self.detector.min_effect:g}"

    @property
    def rank(self) -> int | None:
        """Place among the random groups, which it is one of."""
        mean = self.group.mean
        own = None if mean is None else float(mean.effect[OWN])
        return None if own is None else 1 + sum(each > own for each in self.group.random_effects)

    @property
    def p_value(self) -> float | None:
        """p before it is adjusted for the number of groups."""
        return None if self.group.mean is None else number(self.group.mean.p[OWN])

    def as_record(self) -> dict[str, Any]:
        """Values by prompt, how p was adjusted among groups, and every random group with its effect."""
        effects = self.group.random_effects
        return group_values(self.group, self.result.groups) | {
            "random_groups": [
                {"heads": group_text(heads), "effect": effect}
                for heads, effect in zip(self.group.random, effects, strict=True)
            ]
            if effects
            else None,
            "breadth": None,
        }
