"""One page leads from a claim through each step to verdict, grade, citation and the line that repeats it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.pages.trace import StepState, trace
from catalog.models import Detector, DetectorErrorRate, Finding, Verification
from catalog.queries.finding import get_finding
from catalog.vocabulary import CalibrationSet, Maturity, RunStanding
from tests.api.pages.reading import read_page
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.verification import make_verification

ORDER = ["gate", "liveness", "controls", "chance", "null", "held-out", "interval", "cause", "breadth", "numerics"]
CAUSE = {"behaviour": "the task", "intervention": "mean ablation", "effect": 0.2}
RECORD: dict[str, Any] = {
    "measured": {
        "gate": {"passed": True, "metric": "accuracy", "value": 0.9, "required": 0.75},
        "is_live": True,
        "output_share": 1.25,
        "cause": CAUSE,
    },
    "adjustments": {"score": {"n_tests": 992}},
    "breadth": {"judgement": {"verdict": "not_reproduced", "reason": "On ordinary text 0.010 to 0.020."}},
    "provenance": {"seed": 7},
}


@pytest.fixture
def detector(session: Session) -> Detector:
    made = make_detector(session, maturity=Maturity.CALIBRATED)
    rate = {"n_models": 4, "n_positive": 40, "n_negative": 500, "recall": 1.0, "false_positive_rate": 0.0}
    session.add(
        DetectorErrorRate(
            detector_id=made.id,
            calibration_set=CalibrationSet.PLANTED,
            description="planted heads",
            measured_at=make_verification(session).created_at,
            **rate,
        )
    )
    session.flush()
    return made


def make(session: Session, detector: Detector, **changes: Any) -> Verification:
    values = {
        "record": RECORD,
        "reasons": ["Causal rule met: effect on the task 0.2."],
        "standing": RunStanding.CONFIRMATORY,
        "p_value": 1e-9,
        "p_adjusted": 1e-6,
        "null_rule": "a rule",
        "null_rule_met": True,
        "ci_low": 0.8,
        "ci_high": 0.95,
        "grade": 3,
    }
    made = make_verification(session, finding=make_finding(session), detector=detector, **values | changes)
    make_entry_version(session, made.accession)
    session.expire_all()
    return made


def test_every_step_says_how_it_ended(session: Session, detector: Detector) -> None:
    made = make(session, detector)
    steps = {each.slug: each for each in trace(_latest_of(session, made))}
    assert list(steps) == ORDER
    passed = [slug for slug, step in steps.items() if step.state is StepState.PASSED]
    assert passed == ["gate", "liveness", "controls", "null", "cause"]
    assert steps["breadth"].state is StepState.FAILED
    assert steps["controls"].said.startswith("Version 1 is calibrated. planted: 100.0% of 40 heads of the type found")
    assert "over 992 tests" in steps["null"].said
    assert "seed 7" in steps["held-out"].said
    assert "confirmatory" in steps["held-out"].said


def test_what_a_run_did_not_measure_is_said_and_not_passed(session: Session) -> None:
    made = make(session, make_detector(session), record={}, p_value=None, p_adjusted=None, ci_low=None, ci_high=None)
    steps = {each.slug: each.state for each in trace(_latest_of(session, made))}
    absent = [slug for slug, state in steps.items() if state is StepState.ABSENT]
    assert absent == ["liveness", "null", "interval", "cause", "breadth"]
    assert steps["controls"] is StepState.OPEN


def test_the_page_holds_the_whole_way(client: TestClient, session: Session, detector: Detector) -> None:
    made = make(session, detector)
    found = _latest_of(session, made)
    page = client.get(f"/findings/{_finding_of(session, made)}").text
    text = " ".join(said for _, said in read_page(page).texts)
    for part in ("section 1", "Gate", "Liveness", "Controls", "Null model", "Held-out", "Cause", "Breadth", "Numerics"):
        assert part in text, part
    for part in (f"headcat rerun {found.accession}", f"{found.accession}.v1", found.record_sha256, "Grade 4 asks for"):
        assert part in text, part


def _finding_of(session: Session, made: Verification) -> str:
    return session.get_one(Finding, made.finding_id).accession


def _latest_of(session: Session, made: Verification) -> Verification:
    latest = get_finding(session, _finding_of(session, made)).latest
    assert latest is not None
    return latest
