"""`metrics/<slug>.toml`: one definition of a number about a head."""

from typing import Self

from pydantic import model_validator

from catalog.seed_schema.base import Number, Record, Ref, Text, Whole
from catalog.vocabulary import Direction


class MetricRecord(Record):
    """The whole file; a changed definition gets the next version, and both stay in the catalog."""

    version: Whole = 1
    name: Text
    definition: Text
    unit: Text
    range_low: Number | None = None
    range_high: Number | None = None
    direction: Direction
    chance: Text | None = None
    formula: Text | None = None
    tolerance: Number | None = None
    paper: Ref | None = None
    code: Text | None = None

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        if self.range_low is not None and self.range_high is not None and self.range_low >= self.range_high:
            raise ValueError("range_low lies below range_high")
        return self
