"""What the JSON of a detector holds."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from api.schemas.refs import DetectorRef, HeadTypeRef, MetricRef, PaperRef
from catalog import models
from catalog.queries.detector import DetectorDetail
from catalog.vocabulary import CalibrationSet, DetectorChange


class DetectorErrorRateRecord(Record):
    """How often a detector found what was there, and what was not."""

    calibration_set: CalibrationSet = Field(description="Ground truth of which kind.")
    description: str = Field(description="Which ground truth exactly.")
    n_models: int = Field(description="Language models in it.")
    n_positive: int = Field(description="Heads of the type in it.")
    n_negative: int = Field(description="Other heads in it.")
    recall: float | None = Field(description="Share of the heads of the type that were found; null where none is.")
    recall_interval: tuple[float, float] | None = Field(
        description="95 % Wilson interval of the recall, low and high; null where there is none."
    )
    false_positive_rate: float = Field(description="Share of the other heads that were taken for it.")
    false_positive_interval: tuple[float, float] | None = Field(
        description="95 % Wilson interval of the false-positive rate, low and high; null where no other head is in it."
    )
    measured_at: datetime = Field(description="When it was measured, UTC.")


class DetectorEventRecord(Record):
    """Somebody found the version faulty, or took that back."""

    change: DetectorChange = Field(description="Retracted, or reinstated.")
    reason: str = Field(description="Why.")
    n_verifications: int = Field(description="Re-runs by this version at that moment, which it touched.", ge=0)
    created_at: datetime = Field(description="When, UTC.")


class DetectorRecord(DetectorRef):
    """One version of the code that tests for a head type."""

    summary: str = Field(description="What it measures, in a sentence.")
    metric: MetricRef = Field(description="The number that it gives.")
    paper: PaperRef | None = Field(description="Where the measure comes from; null where it is ours.")
    head_types: list[HeadTypeRef] = Field(description="Head types that it tests for.")
    published_rule: str | None = Field(description="The source's rule in words; null where it drew no line.")
    published_threshold: float | None = Field(description="The source's threshold; null where it drew no line.")
    published_rule_source: str | None = Field(description="Place of the rule in the source; null without a rule.")
    code_sha256: str = Field(description="SHA-256 of the code.")
    error_rates: list[DetectorErrorRateRecord] = Field(description="Measured error rates; empty where unmeasured.")

    @classmethod
    def of(cls, detector: models.Detector, links: Links) -> Self:
        """A detector in a list."""
        return cls.read(detector, **_related(detector, links))


class DetectorDetailRecord(DetectorRecord):
    """One version of a detector with its methods section."""

    methods_text: str = Field(description="What it counts, what it does not, where it differs from the paper.")
    spec: dict[str, Any] = Field(description="What it measures on which prompts.")
    chance: str | None = Field(description="What a head that does nothing of the kind scores; null where not stated.")
    absent: dict[str, str] = Field(
        description="Why there is no published rule, no recall or no rate on one ground truth, by what is missing."
    )
    events: list[DetectorEventRecord] = Field(
        description="Retractions and reinstatements, first to last; while the last is a retraction no re-run counts."
    )
    versions: list[int] = Field(description="All versions, first to last.")
    verdicts: list[Count] = Field(description="Latest verdicts of the findings it verified, counted.")

    @classmethod
    def from_detail(cls, detail: DetectorDetail, links: Links) -> Self:
        """A detector with its record."""
        related = _related(detail.detector, links)
        stated = {"chance": detail.detector.metric.chance, "absent": detail.detector.spec.get("absent", {})}
        return cls.read(
            detail.detector, **related, **stated, versions=detail.versions, verdicts=counts(detail.verdicts)
        )


def _related(detector: models.Detector, links: Links) -> dict[str, Any]:
    return {
        "metric": MetricRef.of(detector.metric, links),
        "paper": PaperRef.of(detector.paper, links) if detector.paper else None,
        "head_types": [HeadTypeRef.of(each.head_type, links) for each in detector.head_types],
        "url": f"{links.to('detectors', detector.slug)}?version={detector.version}",
    }
