import csv

import numpy as np
import pytest

from ingest.metrics.recall_curves import LAGS, TABLE, recall_curves, simulated_curve


def stored(beta_enc: float, beta_rec: float, gamma: float) -> np.ndarray:
    with TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (float(row["beta_enc"]), float(row["beta_rec"]), float(row["gamma"])) == (beta_enc, beta_rec, gamma):
                return np.array([float(row[f"lag_{lag}"]) for lag in LAGS])
    raise AssertionError("no such row")


def test_every_curve_is_a_distribution_over_the_lags() -> None:
    curves = recall_curves()
    assert curves.shape == (10 * 11 * 6, 11)
    assert (curves >= 0).all()
    assert np.allclose(curves.sum(axis=1), 1, atol=1e-3)


def test_recall_that_follows_the_last_item_alone_goes_forward_geometrically() -> None:
    # With β_rec = 1 and γ = 0 the context is the last item. It brings the item d steps on to mind with 0.6^(d − 1), so
    # the shares of lags 1 … 5 are 0.6^(d − 1) · 0.4 / (1 − 0.6^5).
    expected = np.zeros(11)
    expected[6:] = 0.6 ** np.arange(5) * 0.4 / (1 - 0.6**5)
    assert stored(0.4, 1.0, 0.0) == pytest.approx(expected, abs=0.02)


def test_perfect_binding_recalls_the_list_in_order() -> None:
    assert stored(1.0, 1.0, 0.0)[6] == 1


def test_context_that_never_moves_recalls_alike_on_both_sides() -> None:
    # With β_rec = 0 successive items are independent draws from one distribution: lags are symmetric.
    curve = stored(0.3, 0.0, 0.0)
    assert curve == pytest.approx(curve[::-1], abs=0.08)
    assert curve[6:].sum() > curve[:5].sum()  # the first recall only goes forward


@pytest.mark.parametrize("parameters", [(0.5, 0.5, 0.4), (0.7, 0.7, 0.0)])
def test_the_stored_curves_are_those_of_the_simulation(parameters: tuple[float, float, float]) -> None:
    assert simulated_curve(*parameters, n_runs=10, seed=9) == pytest.approx(stored(*parameters), abs=0.03)
