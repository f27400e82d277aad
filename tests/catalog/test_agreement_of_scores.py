"""Correlation, overlap and AUROC, against values worked out by hand."""

import pytest

from catalog.agreement import auroc, overlap_of_top, pearson


def test_pearson_is_that_of_the_textbook() -> None:
    # Deviations (−1, 0, 1) and (−1, 1, 0): their product sums to 1, their squares to 2 each.
    assert pearson([1, 2, 3], [0, 2, 1]) == pytest.approx(0.5)
    assert pearson([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert pearson([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)


def test_where_nothing_varies_nothing_correlates() -> None:
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1], [2]) is None


def test_overlap_counts_the_best_and_breaks_ties_alike() -> None:
    assert overlap_of_top([4, 3, 2, 1], [4, 1, 3, 2], 2) == 0.5
    assert overlap_of_top([1, 1, 1, 1], [1, 1, 1, 1], 2) == 1


def test_auroc_counts_pairs_and_ties_half() -> None:
    # Of six pairs, four are won and one is a tie: 4.5 / 6.
    assert auroc([3, 1], [0, 1, 2]) == pytest.approx(4.5 / 6)
    assert auroc([2], [1]) == 1
    assert auroc([1], [1]) == 0.5
    assert auroc([], [1]) is None
