"""Error rates of a detector carry their intervals."""

import pytest

from catalog.models import DetectorErrorRate


def test_rates_have_their_intervals() -> None:
    rate = DetectorErrorRate(n_positive=40, n_negative=500, recall=1.0, false_positive_rate=0.0)
    # Wilson: 1 − 3.84 / 43.84, and 3.84 / 503.84.
    assert rate.recall_interval == pytest.approx((0.91238, 1.0), abs=1e-5)
    assert rate.false_positive_interval == pytest.approx((0.0, 0.0076243), abs=1e-6)


def test_where_nothing_was_counted_there_is_no_interval() -> None:
    rate = DetectorErrorRate(n_positive=0, n_negative=0, recall=None, false_positive_rate=0.0)
    assert rate.recall_interval is None
    assert rate.false_positive_interval is None
