"""What the JSON of the reliability of detectors holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.detector import DetectorErrorRateRecord, DetectorEventRecord
from api.schemas.refs import DetectorRef, HeadScoreTableRef, LanguageModelRef
from catalog.queries.reliability import Ordering, Reliability


class OrderingRecord(Record):
    """How a detector's scores order the heads of one language model."""

    language_model: LanguageModelRef = Field(description="The language model.")
    table: HeadScoreTableRef = Field(description="The scores.")
    is_by_construction: bool = Field(description="Whether the listed heads were written by hand, or sources list them.")
    n_listed: int = Field(description="Heads that are listed as being of the type.", ge=1)
    n_others: int = Field(description="Other heads.", ge=1)
    auroc: float = Field(description="Chance that a listed head scores above another one; 0.5 is no order at all.")

    @classmethod
    def of(cls, ordering: Ordering, links: Links) -> Self:
        """An ordering."""
        return cls.read(
            ordering,
            language_model=LanguageModelRef.of(ordering.language_model, links),
            table=HeadScoreTableRef.of(ordering.table, links),
        )


class ReliabilityRecord(Record):
    """One version of a detector: its error rates on known heads, and how it orders those that are listed."""

    detector: DetectorRef = Field(description="The detector.")
    bar: str | None = Field(description="What it takes to be calibrated; null where its rates were never stored.")
    error_rates: list[DetectorErrorRateRecord] = Field(description="Measured error rates; empty where unmeasured.")
    orderings: list[OrderingRecord] = Field(description="AUROC on language models with listed heads that it ran on.")
    events: list[DetectorEventRecord] = Field(description="Retractions and reinstatements, first to last.")

    @classmethod
    def of(cls, found: Reliability, links: Links) -> Self:
        """A version of a detector."""
        detector = found.detector
        return cls(
            detector=DetectorRef.of(detector, links),
            bar=detector.spec.get("calibration_bar"),
            error_rates=[DetectorErrorRateRecord.read(each) for each in detector.error_rates],
            orderings=[OrderingRecord.of(each, links) for each in found.orderings],
            events=[DetectorEventRecord.read(each) for each in detector.events],
        )


class ReliabilitiesRecord(Record):
    """All detectors."""

    items: list[ReliabilityRecord] = Field(description="Every version of every detector, by name.")
