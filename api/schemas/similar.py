"""What the JSON of heads like one holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadScoreTableRef, LanguageModelRef, MetricRef
from catalog.queries.similar import Coordinate, SimilarHead, SimilarHeads

DISTANCE = (
    "Root of the mean squared difference of the percentiles, over the metrics that both heads have: 0 where all places "
    "are equal, 1 where all are opposite. A head's percentile by a metric is the share of the other heads of its table "
    "that score lower."
)


class CoordinateRecord(Record):
    """A metric that was compared, and the place of the head by it."""

    metric: MetricRef = Field(description="The metric.")
    table: HeadScoreTableRef = Field(description="Table in which the score stands.")
    score: float = Field(description="Score of the head.")
    percentile: float = Field(description="Share of the other heads of the table that score lower, in [0, 1].")

    @classmethod
    def of(cls, coordinate: Coordinate, links: Links) -> Self:
        """A coordinate."""
        return cls(
            metric=MetricRef.of(coordinate.metric, links),
            table=HeadScoreTableRef.of(coordinate.table, links),
            score=coordinate.score,
            percentile=coordinate.percentile,
        )


class SimilarHeadRecord(Record):
    """A head that was compared."""

    name: str = Field(description="The head as `L5H1`.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    distance: float = Field(description=DISTANCE, ge=0, le=1)
    n_metrics: int = Field(description="Metrics that both heads have.", ge=1)
    percentiles: dict[str, float] = Field(description="Its percentile by each of these, by slug of the metric.")
    url: str = Field(description="Everything about this head.")

    @classmethod
    def of(cls, similar: SimilarHead, links: Links) -> Self:
        """A head that was compared."""
        return cls(
            name=str(similar.head),
            language_model=LanguageModelRef.of(similar.language_model, links),
            distance=similar.distance,
            n_metrics=similar.n_metrics,
            percentiles=similar.percentiles,
            url=links.to("language-models", similar.language_model.slug, "heads", str(similar.head)),
        )


class SimilarHeadsRecord(Record):
    """Heads like one, nearest first, and what was compared."""

    name: str = Field(description="The head as `L5H1`.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    within: list[LanguageModelRef] = Field(description="Language models whose heads were compared.")
    distance: str = Field(description="How the distance is computed, in words.")
    coordinates: list[CoordinateRecord] = Field(
        description="Metrics that were compared; empty where nothing was measured of the head."
    )
    absent_reason: str | None = Field(description="Why there is nothing to compare; null where there is something.")
    heads: list[SimilarHeadRecord] = Field(
        description="Heads that have at least half of these metrics, nearest first; heads without are left out."
    )

    @classmethod
    def of(cls, found: SimilarHeads, links: Links) -> Self:
        """Heads like one."""
        absent = None
        if not found.coordinates:
            absent = f"No score of query head {found.head} of {found.language_model.slug} is in the catalog."
        return cls(
            name=str(found.head),
            language_model=LanguageModelRef.of(found.language_model, links),
            within=[LanguageModelRef.of(each, links) for each in found.within],
            distance=DISTANCE,
            coordinates=[CoordinateRecord.of(each, links) for each in found.coordinates],
            absent_reason=absent,
            heads=[SimilarHeadRecord.of(each, links) for each in found.heads],
        )
