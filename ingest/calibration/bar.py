"""When a detector counts as calibrated: one bar for all, stated once.

The ends of the intervals must clear it, not the measured shares, so that few models cannot: recall 1 needs 35 planted
heads, and no false positive needs 381 other heads.
"""

from collections.abc import Iterable

from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import CalibrationSet, Maturity
from catalog.wilson import wilson_interval

LEAST_RECALL = 0.9
"""A test that misses more than one planted head in ten says little by finding nothing."""
MOST_FALSE_POSITIVES = 0.01
"""Of heads, not of discoveries: in a language model of 144 heads at most one or two are taken for what they are not."""

BAR = (
    f"95 % Wilson intervals: recall of planted heads at least {LEAST_RECALL} at the lower end, false positives among "
    f"other heads at most {MOST_FALSE_POSITIVES} at the upper end, on planted and on randomly initialised language "
    "models; heads planted near the rule's own line are shown and do not count"
)


def maturity_of(records: Iterable[ErrorRateRecord]) -> Maturity:
    """Calibrated where the records of one version of a detector clear the bar, else experimental."""
    counted = [each for each in records if not each.is_weak]
    measured_on = {each.calibration_set for each in counted}
    recalls = [each for each in counted if each.recall is not None]
    if not recalls or not {CalibrationSet.PLANTED, CalibrationSet.RANDOM_INITIALISED} <= measured_on:
        return Maturity.EXPERIMENTAL
    is_clear = all(_recall_low(each) >= LEAST_RECALL for each in recalls) and all(
        wilson_interval(each.false_positive_rate, each.n_negative)[1] <= MOST_FALSE_POSITIVES for each in counted
    )
    return Maturity.CALIBRATED if is_clear else Maturity.EXPERIMENTAL


def _recall_low(record: ErrorRateRecord) -> float:
    assert record.recall is not None, "asked for where recall was measured"
    return wilson_interval(record.recall, record.n_positive)[0]
