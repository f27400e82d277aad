"""What the JSON of a metric holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import DetectorRef, HeadScoreTableRef, PaperRef
from catalog import models
from catalog.queries.metric import MetricDetail
from catalog.vocabulary import Direction


class MetricRecord(Record):
    """One definition, in one version, of a number about a head."""

    slug: str = Field(description="Permanent name of the metric.")
    version: int = Field(description="Version of the definition.")
    name: str = Field(description="Name for people.")
    definition: str = Field(description="What is measured, and over what it is averaged.")
    unit: str = Field(description="Unit of the number.")
    range_low: float | None = Field(description="Smallest possible value; null where there is none.")
    range_high: float | None = Field(description="Largest possible value; null where there is none.")
    direction: Direction = Field(description="Which end speaks for the head type.")
    chance: str | None = Field(description="What a head that does nothing of the kind would score; null if unknown.")
    formula: str | None = Field(description="Formula; null where none was written down.")
    tolerance: float | None = Field(description="Largest difference at which two runs agree; null where not set.")
    paper: PaperRef | None = Field(description="Who defines it; null where we do.")
    code: str | None = Field(description="Where the number is computed; null where unknown.")
    url: str = Field(description="Address of this version.")

    @classmethod
    def of(cls, metric: models.Metric, links: Links) -> Self:
        """A metric."""
        return cls.read(
            metric,
            paper=PaperRef.of(metric.paper, links) if metric.paper else None,
            url=f"{links.to('metrics', metric.slug)}?version={metric.version}",
        )


class MetricDetailRecord(MetricRecord):
    """One version of a metric and where it is used."""

    versions: list[int] = Field(description="All versions, first to last.")
    head_score_tables: list[HeadScoreTableRef] = Field(description="Tables that hold it.")
    detectors: list[DetectorRef] = Field(description="Detectors that compute it.")
    n_findings: int = Field(description="Findings stated in it that stand.", ge=0)

    @classmethod
    def from_detail(cls, detail: MetricDetail, links: Links) -> Self:
        """A metric with its uses."""
        return cls(
            **dict(MetricRecord.of(detail.metric, links)),
            versions=detail.versions,
            head_score_tables=[HeadScoreTableRef.of(each, links) for each in detail.head_score_tables],
            detectors=[DetectorRef.of(each, links) for each in detail.detectors],
            n_findings=detail.n_findings,
        )
