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
# Heads of the two planted language models of one scheme: four layers, and six that read text.
N_HEADS = 16 + 24


@pytest.fixture(scope="module")
def measured() -> Calibration:
    names = ["previous_token", "induction", "relation_operation"]
    return calibrate([get_detector(name) for name in names], names, SMALL)


def rates(measured: Calibration, name: str, calibration_set: CalibrationSet) -> list:
    return [each for each in measured.records if (each.detector, each.calibration_set) == (name, calibration_set)]


def test_planted_heads_are_found_and_counted(measured: Calibration) -> None:
    strong, weak = rates(measured, "previous_token", CalibrationSet.PLANTED)
    # Two schemes, each with three previous-token heads, a weak one, and one within words, which is excused.
    assert (strong.n_models, strong.n_positive, strong.recall) == (4, 6, 1.0)
    assert (strong.n_negative, strong.false_positive_rate) == (2 * (N_HEADS - 5), 0.0)
    assert weak.is_weak
    assert weak.n_positive == 2
    (of_induction,) = rates(measured, "induction", CalibrationSet.PLANTED)
    # The silent induction head is excused, and so is the one that lowers what it finds.
    assert (of_induction.n_positive, of_induction.n_negative) == (2, 2 * (N_HEADS - 3))


def test_random_language_models_have_no_recall_and_say_why(measured: Calibration) -> None:
    (rate,) = rates(measured, "induction", CalibrationSet.RANDOM_INITIALISED)
    assert rate.recall is None
    assert "random" in rate.recall_absent
    assert (rate.n_models, rate.n_negative, rate.false_positive_rate) == (3, 3 * 8, 0.0)


def test_what_could_not_be_measured_says_why(measured: Calibration) -> None:
    # Tokens of one character make no pairs of words.
    assert "says nothing of this type" in measured.unmeasured["relation_operation"][CalibrationSet.PLANTED]
    assert rates(measured, "relation_operation", CalibrationSet.RANDOM_INITIALISED)


def changed(detector: Detector, function: object) -> Detector:
    return dataclasses.replace(detector, function=function, definitions={})


@pytest.fixture(scope="module")
def mistaken() -> Calibration:
    """Under the name of induction a detector of previous-token heads, and one of suppression that accepts all."""

    def everything(weights: WeightView) -> ItemScores:
        shape = (weights.n_layers, weights.n_heads, SMALL.n_prompts)
        return ItemScores(torch.ones(shape), torch.zeros(SMALL.n_prompts), torch.zeros(shape))

    detectors = [changed(induction, previous_token.function), changed(get_detector("copy_suppression"), everything)]
    return calibrate(detectors, [each.name for each in detectors], SMALL)


def test_a_detector_that_takes_other_heads_has_false_positives_and_no_recall(mistaken: Calibration) -> None:
    (rate,) = rates(mistaken, "induction", CalibrationSet.PLANTED)
    assert rate.recall == 0.0
    # It finds, in each scheme, three previous-token heads, the weak one, and the one within words.
    assert rate.false_positive_rate == pytest.approx(2 * 5 / (2 * (N_HEADS - 3)))


def test_a_detector_that_accepts_every_head_is_wrong_about_all_that_write(mistaken: Calibration) -> None:
    (planted,) = rates(mistaken, "copy_suppression", CalibrationSet.PLANTED)
    # One head suppresses, and the silent one is never found.
    assert (planted.false_positive_rate, planted.recall) == ((N_HEADS - 2) / (N_HEADS - 1), 1.0)
    (random,) = rates(mistaken, "copy_suppression", CalibrationSet.RANDOM_INITIALISED)
    assert random.false_positive_rate == 1.0
