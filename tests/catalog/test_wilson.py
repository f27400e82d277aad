"""Wilson's interval against its equation and against scipy."""

import pytest
from scipy.stats import binomtest

from catalog.wilson import wilson_interval


@pytest.mark.parametrize(("k", "n"), [(0, 560), (40, 40), (1, 3), (38, 40), (0, 1), (1, 1)])
def test_it_is_the_score_interval(k: int, n: int) -> None:
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson_interval(k / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_error_among_few_is_no_proof() -> None:
    # 1 / (1 + n / z²): 3.84 / 43.84 for 40 cases.
    assert wilson_interval(0.0, 40) == pytest.approx((0.0, 3.8414588 / 43.8414588))
