"""The page and the JSON of a detector whose error rates were measured."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.models import DetectorErrorRate
from catalog.vocabulary import CalibrationSet, Maturity
from tests.factories.detector import make_detector


@pytest.fixture
def slug(session: Session) -> str:
    detector = make_detector(session, maturity=Maturity.CALIBRATED, spec={"calibration_bar": "a bar for all"})
    for calibration_set, n_positive, recall in (
        (CalibrationSet.PLANTED, 40, 1.0),
        (CalibrationSet.RANDOM_INITIALISED, 0, None),
    ):
        session.add(
            DetectorErrorRate(
                detector_id=detector.id,
                calibration_set=calibration_set,
                description="made for a test",
                n_models=40,
                n_positive=n_positive,
                n_negative=500,
                recall=recall,
                false_positive_rate=0.0,
                measured_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    session.commit()
    return detector.slug


def test_the_page_shows_rates_with_their_intervals_and_the_bar(client: TestClient, slug: str) -> None:
    page = client.get(f"/detectors/{slug}").text
    assert "91.2 % to 100 %" in page
    assert "0 % to 0.762 %" in page
    assert "no such head in the set" in page
    assert "Bar for a calibrated detector: a bar for all." in page


def test_the_json_holds_the_intervals(client: TestClient, slug: str) -> None:
    planted, random = client.get(f"/api/v1/detectors/{slug}").json()["error_rates"]
    assert planted["recall_interval"] == pytest.approx([0.912378, 1.0], abs=1e-6)
    assert planted["false_positive_interval"] == pytest.approx([0.0, 0.007624], abs=1e-6)
    assert random["recall"] is None
    assert random["recall_interval"] is None
