"""The code that tests for a head type, version by version, with its measured error rates."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, now, one_of, reference
from catalog.models.head_type import HeadType
from catalog.models.metric import Metric
from catalog.models.paper import Paper
from catalog.vocabulary import CalibrationSet, DetectorChange, Maturity, Tier
from catalog.wilson import wilson_interval


class Detector(Base):
    """One version of a detector."""

    __tablename__ = "detectors"
    __table_args__ = (one_of("tier", Tier), one_of("maturity", Maturity), UniqueConstraint("slug", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int]
    tier: Mapped[Tier] = mapped_column(String(2))
    maturity: Mapped[Maturity] = mapped_column(String(16), default=Maturity.EXPERIMENTAL)
    summary: Mapped[str]
    methods_text: Mapped[str]
    """The detector's docstring: what it counts, what it does not, where it differs from the paper."""
    spec: Mapped[dict[str, Any]]
    """What it measures on which prompts."""
    code_sha256: Mapped[str] = mapped_column(String(64))
    metric_id: Mapped[int] = reference("metrics.id")
    paper_id: Mapped[int | None] = reference("papers.id")
    published_rule: Mapped[str | None]
    """The rule that the source used, in words; empty where it drew no line."""
    published_threshold: Mapped[float | None]
    published_rule_source: Mapped[str | None]

    metric: Mapped[Metric] = relationship(lazy="raise")
    paper: Mapped[Paper | None] = relationship(lazy="raise")
    head_types: Mapped[list["DetectorHeadType"]] = relationship(lazy="raise")
    error_rates: Mapped[list["DetectorErrorRate"]] = relationship(lazy="raise")
    events: Mapped[list["DetectorEvent"]] = relationship(
        lazy="raise", order_by="DetectorEvent.id", back_populates="detector"
    )

    @property
    def retraction(self) -> "DetectorEvent | None":
        """Why this version is faulty; None where it is not. Its events must be loaded."""
        latest = self.events[-1] if self.events else None
        return latest if latest is not None and latest.change == DetectorChange.RETRACTED else None


class DetectorHeadType(Base):
    """A detector tests for a head type."""

    __tablename__ = "detector_head_types"

    detector_id: Mapped[int] = reference("detectors.id", index=False, primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id", primary_key=True)

    head_type: Mapped[HeadType] = relationship(lazy="raise")


class DetectorEvent(Base):
    """Somebody found a version of a detector faulty, or took that back. Appended, never edited.

    While the latest event of a version is a retraction, its `maturity` is faulty and no re-run by it counts.
    """

    __tablename__ = "detector_events"
    __table_args__ = (
        one_of("change", DetectorChange),
        one_of("maturity_before", Maturity),
        CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    detector_id: Mapped[int] = reference("detectors.id")
    change: Mapped[DetectorChange] = mapped_column(String(16))
    reason: Mapped[str]
    maturity_before: Mapped[Maturity] = mapped_column(String(16))
    """What it was until then; taking a retraction back restores it."""
    n_verifications: Mapped[int]
    """Re-runs by this version at that moment: so many verdicts the event touched."""
    actor_id: Mapped[int | None] = reference("contributors.id")
    """Empty where it was done by whoever keeps the catalog's database."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    detector: Mapped[Detector] = relationship(lazy="raise", back_populates="events")


class DetectorErrorRate(Base):
    """How often a detector found what was there, and what was not, on ground truth of one kind."""

    __tablename__ = "detector_error_rates"
    __table_args__ = (
        one_of("calibration_set", CalibrationSet),
        CheckConstraint("recall IS NULL OR recall BETWEEN 0 AND 1", name="recall_range"),
        CheckConstraint("false_positive_rate BETWEEN 0 AND 1", name="false_positive_rate_range"),
        UniqueConstraint("detector_id", "calibration_set", "description"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    detector_id: Mapped[int] = reference("detectors.id")
    calibration_set: Mapped[CalibrationSet] = mapped_column(String(24))
    description: Mapped[str] = mapped_column(String(255))
    n_models: Mapped[int]
    n_positive: Mapped[int]
    n_negative: Mapped[int]
    recall: Mapped[float | None]
    """Empty where the set holds no head of the type."""
    false_positive_rate: Mapped[float]
    measured_at: Mapped[datetime]

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the recall."""
        return None if self.recall is None or not self.n_positive else wilson_interval(self.recall, self.n_positive)

    @property
    def false_positive_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the false-positive rate."""
        return wilson_interval(self.false_positive_rate, self.n_negative) if self.n_negative else None
