"""Every detector's page states what it measures, or why it cannot."""

import tomllib

import pytest
from sqlalchemy.orm import Session

from catalog.queries.detector import get_detector
from catalog.seed_schema.metric import MetricRecord
from catalog.vocabulary import CalibrationSet
from ingest.calibration.error_rates import SHIPPED
from ingest.calibration.unmeasured import PLANTED, PLANTED_RECALL, RANDOM, RANDOM_RECALL, RULE, why_absent
from ingest.detector import Detector
from ingest.detectors_command import describe
from ingest.registry import load_detectors
from ingest.scan_rows import upsert_detector
from tests.factories.metric import make_metric
from tests.ingest.calibration.records import make_random_rate, make_rate

DETECTORS = load_detectors()


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_detector_states_its_chance_rule_and_error_rates_or_why_not(session: Session, detector: Detector) -> None:
    shipped = (SHIPPED / "metrics" / f"{detector.metric}.toml").read_text(encoding="utf-8")
    record = MetricRecord.model_validate(tomllib.loads(shipped))
    make_metric(session, slug=detector.metric, chance=record.chance)
    upsert_detector(session, detector)
    row = get_detector(session, detector.name).detector
    absent = row.spec["absent"]
    assert row.summary
    assert "Source:" in row.methods_text
    assert row.metric.chance
    assert (row.published_rule is None) <= (RULE in absent)
    assert (row.published_rule is None) == (row.published_rule_source is None)
    for kind, rate, recall in (
        (CalibrationSet.PLANTED, PLANTED, PLANTED_RECALL),
        (CalibrationSet.RANDOM_INITIALISED, RANDOM, RANDOM_RECALL),
    ):
        measured = [each for each in row.error_rates if each.calibration_set == kind]
        assert bool(measured) != (rate in absent)
        assert all(each.false_positive_interval for each in measured)
        has_recall = any(each.recall_interval for each in measured)
        assert has_recall == (rate not in absent and recall not in absent)
    assert all(reason.endswith(".") for reason in absent.values())
    assert describe(detector)["chance"] == row.metric.chance


def test_a_detector_that_states_all_owes_no_reason_but_that_of_random_weights() -> None:
    records = [make_rate(detector="induction", version=1), make_random_rate(detector="induction", version=1)]
    assert list(why_absent(DETECTORS["induction"], records)) == [RANDOM_RECALL]


def test_rates_of_another_version_are_none() -> None:
    found = why_absent(DETECTORS["induction"], [make_rate(detector="induction", version=9)])
    assert "headcat calibrate induction --save" in found[PLANTED]
    assert RANDOM in found
