import math

import numpy as np
import pytest

from ingest.agreement import N_BEST, rank_agreement

SCORES = np.array([[0.9, 0.1, 0.5], [0.3, 0.7, 0.2]])


def test_a_score_agrees_with_itself_and_with_any_score_of_the_same_order() -> None:
    found = rank_agreement({"one": SCORES, "another": SCORES**3})
    assert found.metrics == ("one", "another")
    assert found.spearman == pytest.approx(np.ones((2, 2)))
    assert (found.overlap == 1).all()


def test_the_opposite_order_is_as_far_apart_as_can_be() -> None:
    found = rank_agreement({"one": SCORES, "opposite": -SCORES})
    assert found.spearman[0, 1] == pytest.approx(-1)
    assert found.spearman[0, 1] == found.spearman[1, 0]


def test_spearman_is_one_minus_six_times_the_squared_rank_differences() -> None:
    other = np.array([[0.9, 0.1, 0.5], [0.3, 0.2, 0.7]])
    # Ranks 6 1 4 3 5 2 and 6 1 4 3 2 5: two differ by 3, so 1 − 6 · 18 / (6 · 35) = 0.4857.
    assert rank_agreement({"one": SCORES, "other": other}).spearman[0, 1] == pytest.approx(1 - 6 * 18 / (6 * 35))


def test_overlap_counts_common_heads_among_the_best() -> None:
    one = np.arange(40.0).reshape(4, 10)
    other = one.copy()
    other[3, :4], other[0, :4] = one[0, :4], one[3, :4]  # four of the ten best change places with the four worst
    found = rank_agreement({"one": one, "other": other})
    assert found.n_best == N_BEST
    # Six in common, fourteen in all.
    assert found.overlap[0, 1] == pytest.approx(6 / 14)


def test_heads_without_a_score_are_left_out() -> None:
    partial = SCORES.copy()
    partial[0, 0] = math.nan
    found = rank_agreement({"one": SCORES, "partial": partial})
    assert found.spearman[0, 1] == pytest.approx(1)
    assert found.n_best == 5
    # The best five of six, against the five that have a score: four in common, six in all.
    assert found.overlap[0, 1] == pytest.approx(4 / 6)


def test_a_score_that_ranks_nothing_agrees_with_nothing_and_is_null_in_json() -> None:
    found = rank_agreement({"one": SCORES, "constant": np.full((2, 3), 0.5)})
    assert math.isnan(found.spearman[0, 1])
    assert found.as_json()["spearman"][0] == [pytest.approx(1), None]
