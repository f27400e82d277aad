import numpy as np
import pytest

from ingest.metrics.recall_curves import recall_curves
from ingest.metrics.recall_fit import recall_distance


def peak(lag: int) -> np.ndarray:
    curve = np.zeros((1, 11))
    curve[0, lag + 5] = 1
    return curve


def test_a_recall_curve_fits_itself_at_any_height_and_offset() -> None:
    curves = recall_curves()[::37]
    assert recall_distance(0.02 * curves + 0.3) == pytest.approx(0, abs=1e-9)


def test_a_peak_right_after_the_copy_is_perfect_recall_in_order() -> None:
    assert recall_distance(peak(1)).item() == pytest.approx(0)


def test_a_peak_elsewhere_is_no_recall_curve() -> None:
    # No recall curve peaks at −4: the best one still misses most of it.
    assert recall_distance(peak(-4)).item() > 1


def test_the_distance_is_that_of_the_paper_worked_out_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    only = peak(1)
    monkeypatch.setattr("ingest.metrics.recall_fit.recall_curves", lambda: only)
    curve = np.zeros((1, 11))
    curve[0, 6], curve[0, 7] = 0.4, 0.2
    # Stretched: 1 and 0.5. One lag misses by 0.5, so the error is 0.25 / 11; the variance is (1.25 − 1.5² / 11) / 11.
    assert recall_distance(curve).item() == pytest.approx(0.25 / (1.25 - 1.5**2 / 11))


def test_noise_is_far_from_every_recall_curve() -> None:
    noise = np.random.default_rng(0).standard_normal((500, 11))
    assert np.median(recall_distance(noise)) > 1


def test_a_flat_curve_is_described_by_nothing_and_missing_masses_stay_missing() -> None:
    assert recall_distance(np.full((1, 11), 0.01)).tolist() == [1.0]
    assert np.isnan(recall_distance(np.full((1, 11), np.nan))).all()
