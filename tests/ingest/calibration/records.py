"""Error rates for tests."""

from datetime import UTC, datetime
from typing import Any

from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import CalibrationSet


def make_rate(**changes: Any) -> ErrorRateRecord:
    """A detector that found all of 40 planted heads and none of 500 others."""
    values = {
        "detector": "induction",
        "version": 1,
        "calibration_set": CalibrationSet.PLANTED,
        "description": "planted for a test",
        "n_models": 40,
        "n_positive": 40,
        "n_negative": 500,
        "recall": 1.0,
        "false_positive_rate": 0.0,
        "measured_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    if changes.get("n_positive") == 0:
        values |= {"recall": None, "recall_absent": "none is planted"}
    return ErrorRateRecord.model_validate(values | changes)


def make_random_rate(**changes: Any) -> ErrorRateRecord:
    """The same detector on 60 random language models."""
    return make_rate(
        **{"calibration_set": CalibrationSet.RANDOM_INITIALISED, "n_models": 60, "n_positive": 0} | changes
    )
