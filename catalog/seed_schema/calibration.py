"""`calibration.toml`: measured error rates of detectors, written by `headcat calibrate --save`.

The seed command only checks its shape: rows of detectors are made by scans that are stored, which attach the rates of
their own version (`ingest/calibration/error_rates.py`).
"""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from catalog.seed_schema.base import Record, Slug, Text
from catalog.vocabulary import CalibrationSet

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class ErrorRateRecord(Record):
    """`[[error_rates]]`: one version of a detector on ground truth of one kind."""

    detector: Slug
    version: Annotated[int, Field(ge=1)]
    calibration_set: CalibrationSet
    description: Annotated[Text, Field(max_length=255)]
    n_models: Annotated[int, Field(ge=1)]
    n_positive: Count
    n_negative: Annotated[int, Field(ge=1)]
    recall: Share | None = None
    recall_absent: Text | None = None
    false_positive_rate: Share
    is_weak: bool = False
    """Heads planted near the line that our rule draws: shown, and no part of the bar for a calibrated detector."""
    measured_at: datetime

    @model_validator(mode="after")
    def _recall_or_reason(self) -> Self:
        if (self.recall is None) == (self.recall_absent is None):
            raise ValueError("a record has either a recall or the reason why it is absent")
        if (self.recall is None) != (self.n_positive == 0):
            raise ValueError("recall is measured where there are heads of the type, and only there")
        if self.measured_at.tzinfo is None:
            raise ValueError("measured_at needs its zone")
        return self


class CalibrationFile(Record):
    """The whole file."""

    error_rates: tuple[ErrorRateRecord, ...] = ()
