"""Error rates of detectors that are right, that find everything, and that find nothing."""

import dataclasses

import pytest
import torch

from catalog.vocabulary import CalibrationSet
from ingest.calibration.calibrate import Calibration, calibrate
from ingest.calibration.scans import CalibrationOptions
from ingest.detector import Detector
from ingest.detectors.induction import induction
from ingest.detectors.previous_token import previous_token
from ingest.evidence import ItemScores
from ingest.registry import get_detector
from ingest.weights import WeightView

SMALL = CalibrationOptions(n_seeds=1, n_random=1, n_prompts=16)
N_LAYERS, N_HEADS = 4, 4  # of a planted language model


@pytest.fixture(scope="module")
def measured() -> Calibration:
    names = ["previous_token", "induction", "negative", "successor"]
    return calibrate([get_detector(name) for name in names], names, SMALL)


def rates(measured: Calibration, name: str, calibration_set: CalibrationSet) -> list:
    return [each for each in measured.records if (each.detector, each.calibration_set) == (name, calibration_set)]


def test_planted_heads_are_found_and_counted(measured: Calibration) -> None:
    strong, weak = rates(measured, "previous_token", CalibrationSet.PLANTED)
    # Two schemes, each with two previous-token heads and a weak one among sixteen.
    assert (strong.n_models, strong.n_positive, strong.recall) == (2, 4, 1.0)
    assert (strong.n_negative, strong.false_positive_rate) == (2 * (N_LAYERS * N_HEADS - 3), 0.0)
    assert weak.is_weak
    assert weak.n_positive == 2
    (of_induction,) = rates(measured, "induction", CalibrationSet.PLANTED)
    # The silent induction head is excused.
    assert (of_induction.n_positive, of_induction.n_negative) == (2, 2 * (N_LAYERS * N_HEADS - 2))


def test_random_language_models_have_no_recall_and_say_why(measured: Calibration) -> None:
    (rate,) = rates(measured, "induction", CalibrationSet.RANDOM_INITIALISED)
    assert rate.recall is None
    assert "random" in rate.recall_absent
    assert (rate.n_models, rate.n_negative, rate.false_positive_rate) == (3, 3 * 8, 0.0)


def test_what_could_not_be_measured_says_why(measured: Calibration) -> None:
    assert "Yes and No" in measured.unmeasured["negative"][CalibrationSet.PLANTED]
    assert measured.unmeasured["successor"].keys() == {CalibrationSet.PLANTED}
    assert rates(measured, "negative", CalibrationSet.RANDOM_INITIALISED)


def changed(detector: Detector, function: object) -> Detector:
    return dataclasses.replace(detector, function=function, definitions={})


def test_a_detector_that_takes_other_heads_has_false_positives_and_no_recall() -> None:
    # Under the name of induction it looks for previous-token heads: it misses its own and finds three others.
    (rate,) = [
        each
        for each in calibrate([changed(induction, previous_token.function)], ["induction"], SMALL).records
        if each.calibration_set is CalibrationSet.PLANTED
    ]
    assert rate.recall == 0.0
    assert rate.false_positive_rate == pytest.approx(6 / (2 * (N_LAYERS * N_HEADS - 2)))


def test_a_detector_that_accepts_every_head_is_wrong_about_all_that_write() -> None:
    def everything(weights: WeightView) -> ItemScores:
        shape = (weights.n_layers, weights.n_heads, SMALL.n_prompts)
        return ItemScores(torch.ones(shape), torch.zeros(SMALL.n_prompts), torch.zeros(shape))

    lax = calibrate([changed(get_detector("copy_suppression"), everything)], ["copy_suppression"], SMALL)
    (planted,) = rates(lax, "copy_suppression", CalibrationSet.PLANTED)
    # The silent head of each planted language model is never found.
    assert (planted.false_positive_rate, planted.recall) == (15 / 16, None)
    (random,) = rates(lax, "copy_suppression", CalibrationSet.RANDOM_INITIALISED)
    assert random.false_positive_rate == 1.0
