import numpy as np

from ingest.statistics.selection import EVEN, ODD, best_reading


def test_each_head_chooses_for_itself() -> None:
    above = np.array([[[0.1, 0.2, -0.3]], [[0.0, 0.3, -0.2]], [[0.7, 0.1, -0.1]]])
    assert best_reading(above).tolist() == [[2, 1, 2]]


def test_a_reading_without_a_number_is_not_chosen() -> None:
    above = np.array([[[np.nan, np.nan]], [[-0.5, np.nan]]])
    assert best_reading(above).tolist() == [[1, 0]]


def test_no_unit_both_selects_and_scores() -> None:
    assert list(range(7)[EVEN]) + list(range(7)[ODD]) == [0, 2, 4, 6, 1, 3, 5]
