"""What the JSON of counts and of health holds."""

from dataclasses import fields
from typing import Self

from pydantic import Field

from api.schemas.base import Count, Record, counts
from catalog.queries.counts import CatalogCounts


class StatsRecord(Record):
    """How much the catalog holds."""

    records: list[Count] = Field(description="Number of records of each kind.")
    verdicts: list[Count] = Field(description="Latest verdicts of verified findings, counted.")
    head_types_by_stage: list[Count] = Field(description="Head types that any source assigns to each stage.")

    @classmethod
    def of(cls, found: CatalogCounts) -> Self:
        """Counts as lists of names and numbers."""
        plain = {each.name: getattr(found, each.name) for each in fields(found) if each.type is int}
        return cls(
            records=counts(plain),
            verdicts=counts(found.verdicts),
            head_types_by_stage=counts(found.head_types_by_stage),
        )


class HealthRecord(Record):
    """Whether the server answers and can read its catalog."""

    status: str = Field(description="`ok`; a server that cannot read its catalog answers 503 instead.")
    version: str = Field(description="Version of headcat.")
