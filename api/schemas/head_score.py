"""What the JSON of a table of scores, and of one score, holds."""

from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadScoreTableRef, LanguageModelRef, MetricRef, PaperRef
from api.schemas.scan_run import ScanRunRef
from catalog import models
from catalog.notation import HeadRef
from catalog.queries.head_score import HeadScoreTableDetail, RankedScore, ScoreRow


class HeadScoreTableRecord(HeadScoreTableRef):
    """One metric over the heads of one language model, from a publication or from a run of ours."""

    language_model: LanguageModelRef = Field(description="Whose heads.")
    metric: MetricRef = Field(description="What the numbers mean.")
    paper: PaperRef | None = Field(description="Who published them; null for a run of ours.")
    scan_run: ScanRunRef | None = Field(description="The run that measured them; null for a publication.")
    repository: str | None = Field(description="Where they were read; null for a run of ours.")
    path: str | None = Field(description="File in the repository.")
    commit: str | None = Field(description="Commit that was read.")
    licence: str | None = Field(description="Licence as the repository states it; null where it states none.")
    licence_note: str | None = Field(description="What else is to know of the licence; null where nothing is.")
    n_rows: int = Field(description="Rows.", ge=0)
    is_complete: bool = Field(description="Whether every head of the language model has a row.")
    value_note: str | None = Field(description="What is to know of the values; null where nothing is.")
    details: dict[str, Any] = Field(description="What else the source says: context length, samples, chance …")
    scores_url: str = Field(description="Address of the rows; with `?format=csv` all of them as CSV.")

    @classmethod
    def of(cls, table: models.HeadScoreTable, links: Links) -> Self:
        """A table in a list."""
        return cls.read(table, **_common(table, links))


class HeadScoreTableDetailRecord(HeadScoreTableRecord):
    """One table with the extent of its numbers."""

    n_scored: int = Field(description="Rows that hold a number.", ge=0)
    lowest: float | None = Field(description="Smallest score; null where there is none.")
    highest: float | None = Field(description="Largest score; null where there is none.")
    mean: float | None = Field(description="Mean score; null where there is none.")

    @classmethod
    def from_detail(cls, detail: HeadScoreTableDetail, links: Links) -> Self:
        """A table with the extent of its numbers."""
        extent = {"n_scored": detail.n_scored, "lowest": detail.lowest, "highest": detail.highest, "mean": detail.mean}
        return cls.read(detail.table, **_common(detail.table, links), **extent)


class HeadScoreRecord(Record):
    """The number of one head in one table."""

    layer: int = Field(description="Layer, from zero.")
    head: int = Field(description="Head, or key-value group where the table counts those; from zero.")
    name: str = Field(description="The same as `L5H1`.")
    score: float | None = Field(description="The number; null only where the source's row holds a category alone.")
    n: int | None = Field(description="Observations behind it; null where not stated.")
    details: dict[str, Any] | None = Field(description="Further columns of the source, or interval and p of ours.")

    @classmethod
    def of(cls, score: models.HeadScore, links: Links) -> Self:
        """A row of a table."""
        return cls.read(score, name=str(HeadRef(score.layer, score.head)))


class LanguageModelScoreRecord(HeadScoreRecord):
    """The number of one head, with the table it stands in."""

    table: HeadScoreTableRef = Field(description="The table.")
    metric: MetricRef = Field(description="What the number means.")

    @classmethod
    def of_row(cls, row: ScoreRow, links: Links) -> Self:
        """A score among all of a language model."""
        return cls(
            **dict(HeadScoreRecord.of(row.score, links)),
            table=HeadScoreTableRef.of(row.table, links),
            metric=MetricRef.of(row.table.metric, links),
        )


class RankedScoreRecord(HeadScoreRecord):
    """The number of one head beside those of all heads of its table."""

    table: HeadScoreTableRecord = Field(description="The table.")
    n_scored: int = Field(description="Heads of the table that have a number.", ge=0)
    rank: int | None = Field(description="Place from one by the better end of the metric; null where no end is better.")
    percentile: float | None = Field(
        description="Share of the other heads that score no better, in [0, 1]; null where there is no rank."
    )

    @classmethod
    def of_ranked(cls, ranked: RankedScore, links: Links) -> Self:
        """A score with its rank."""
        return cls(
            **dict(HeadScoreRecord.of(ranked.score, links)),
            table=HeadScoreTableRecord.of(ranked.table, links),
            n_scored=ranked.n_scored,
            rank=ranked.rank,
            percentile=ranked.percentile,
        )


def _common(table: models.HeadScoreTable, links: Links) -> dict[str, Any]:
    return {
        "language_model": LanguageModelRef.of(table.language_model, links),
        "metric": MetricRef.of(table.metric, links),
        "paper": PaperRef.of(table.paper, links) if table.paper else None,
        "scan_run": ScanRunRef.of(table.scan_run, links) if table.scan_run else None,
        "url": links.to("head-score-tables", table.slug),
        "scores_url": links.to("head-score-tables", table.slug, "scores"),
    }
