"""The bar between an experimental and a calibrated detector, from both sides."""

import pytest

from catalog.vocabulary import Maturity
from ingest.calibration.bar import maturity_of
from tests.ingest.calibration.records import make_random_rate, make_rate


def test_a_detector_without_errors_on_enough_heads_is_calibrated() -> None:
    assert maturity_of([make_rate(), make_random_rate()]) is Maturity.CALIBRATED


@pytest.mark.parametrize(
    "planted",
    [
        {"recall": 39 / 40},  # 95 % interval from 0.871
        {"n_positive": 34},  # all found, and still from 0.898
        {"false_positive_rate": 1 / 500},  # up to 0.011
        {"n_negative": 380},  # none found, and still up to 0.01001
        {"n_positive": 0},
    ],
)
def test_what_the_interval_leaves_open_is_not_calibrated(planted: dict[str, float]) -> None:
    assert maturity_of([make_rate(**planted), make_random_rate()]) is Maturity.EXPERIMENTAL


def test_false_positives_on_random_language_models_count_too() -> None:
    assert maturity_of([make_rate(), make_random_rate(false_positive_rate=0.01)]) is Maturity.EXPERIMENTAL


def test_both_kinds_of_ground_truth_are_needed() -> None:
    assert maturity_of([make_rate()]) is Maturity.EXPERIMENTAL
    assert maturity_of([make_random_rate()]) is Maturity.EXPERIMENTAL
    assert maturity_of([]) is Maturity.EXPERIMENTAL


def test_heads_planted_near_the_line_do_not_count() -> None:
    weak = make_rate(is_weak=True, description="weak", recall=0.5)
    assert maturity_of([make_rate(), weak, make_random_rate()]) is Maturity.CALIBRATED
