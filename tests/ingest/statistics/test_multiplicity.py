import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from ingest.statistics.multiplicity import benjamini_hochberg

P = st.floats(0, 1, width=32)


@given(st.lists(P, min_size=1, max_size=30))
def test_agrees_with_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(np.array(p)) == pytest.approx(false_discovery_control(p))


@given(st.lists(P, min_size=1, max_size=30))
def test_adjusting_never_lowers_a_p_value(p: list[float]) -> None:
    assert (benjamini_hochberg(np.array(p)) >= np.array(p) - 1e-12).all()


def test_a_missing_p_is_no_test_and_stays_missing() -> None:
    adjusted = benjamini_hochberg(np.array([[0.01, np.nan], [0.04, 0.03]]))
    assert np.isnan(adjusted[0, 1])
    assert adjusted[0, 0] == pytest.approx(0.03)  # 0.01 · 3 / 1
    assert adjusted[1, 0] == pytest.approx(0.04)  # 0.04 · 3 / 3
    assert adjusted[1, 1] == pytest.approx(0.04)  # min(0.03 · 3 / 2, 0.04)
