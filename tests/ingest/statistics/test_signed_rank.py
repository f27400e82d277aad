from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from ingest.statistics.signed_rank import p_greater, smallest_p


def test_agrees_with_scipy_where_no_sizes_are_equal() -> None:
    differences = np.random.default_rng(0).normal(0.2, 1, size=(3, 4, 14))
    expected = [wilcoxon(row, alternative="greater", method="exact").pvalue for row in differences.reshape(12, 14)]
    assert p_greater(differences).ravel() == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_is_the_share_of_sign_flips_that_do_as_well(row: list[int]) -> None:
    kept = np.array([value for value in row if value])
    if not len(kept):
        assert p_greater(np.array([row], dtype=float))[0] == 1
        return
    sizes = np.abs(kept)
    ranks = np.array([(sizes < size).sum() + ((sizes == size).sum() + 1) / 2 for size in sizes])
    sums = np.array([ranks[np.array(signs) > 0].sum() for signs in product((-1, 1), repeat=len(kept))])
    expected = (sums >= ranks[kept > 0].sum()).mean()
    assert p_greater(np.array([row], dtype=float))[0] == pytest.approx(expected)


def test_the_least_p_is_reached_when_every_prompt_is_above_its_null() -> None:
    # 2⁻³², small enough for any number of heads.
    assert p_greater(np.full((1, 32), 0.9))[0] == pytest.approx(smallest_p(32)) == pytest.approx(2.3e-10, rel=0.02)


def test_differences_without_direction_give_no_small_p() -> None:
    assert p_greater(np.tile([0.3, -0.3], 16).reshape(1, 32))[0] > 0.4


def test_a_missing_mass_gives_a_missing_p() -> None:
    found = p_greater(np.array([[1.0, np.nan, 1.0], [1.0, 1.0, 1.0]]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1 / 8)
