"""What the JSON of a comparison holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from catalog.queries.compare import Compared, Comparison


class SubjectRecord(Record):
    """One of the things compared."""

    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the record.")


class ComparisonRowRecord(Record):
    """One property of the things compared."""

    group: str = Field(description="What the property belongs to: shape, claim, score …")
    name: str = Field(description="Name of the property.")
    values: list[str | int | float | None] = Field(
        description="Its value for each of the things, in their order; null where nothing is known."
    )


class ComparisonRecord(Record):
    """Things side by side."""

    kind: Compared = Field(description="What was compared.")
    subjects: list[SubjectRecord] = Field(description="The things, in the order asked for.")
    rows: list[ComparisonRowRecord] = Field(description="A row for each property that is known of any of them.")

    @classmethod
    def of(cls, comparison: Comparison, links: Links) -> Self:
        """A comparison."""
        return cls(
            kind=comparison.kind,
            subjects=[SubjectRecord(name=each.name, url=links.to(*each.key)) for each in comparison.subjects],
            rows=[ComparisonRowRecord.read(each) for each in comparison.rows],
        )
