"""Shipped error rates on their way from the record file to the rows of detectors."""

import tomllib
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Detector, DetectorErrorRate
from catalog.seed_files import read_calibration
from catalog.seed_schema.calibration import CalibrationFile
from catalog.vocabulary import Maturity
from ingest.calibration.error_rates import (
    SHIPPED,
    as_toml,
    merged,
    shipped_error_rates,
    store_error_rates,
    upsert_error_rates,
)
from tests.factories.detector import make_detector
from tests.ingest.calibration.records import make_random_rate, make_rate


def rows_of(session: Session, detector: Detector) -> list[DetectorErrorRate]:
    statement = select(DetectorErrorRate).where(DetectorErrorRate.detector_id == detector.id)
    return list(session.scalars(statement.order_by(DetectorErrorRate.calibration_set)))


def test_a_detector_gets_the_rates_of_its_version(session: Session) -> None:
    row = make_detector(session, slug="induction", version=2)
    records = [
        make_rate(version=1, recall=0.5),
        make_rate(version=2),
        make_random_rate(version=2),
        make_rate(detector="local", version=2),
    ]
    upsert_error_rates(session, row, records)
    planted, random = rows_of(session, row)
    assert (planted.recall, planted.n_positive, planted.n_negative) == (1.0, 40, 500)
    assert (random.recall, random.false_positive_rate) == (None, 0.0)
    assert row.maturity is Maturity.CALIBRATED


def test_rates_of_another_version_are_not_attached(session: Session) -> None:
    row = make_detector(session, slug="induction", version=3)
    upsert_error_rates(session, row, [make_rate(version=2), make_random_rate(version=2)])
    assert rows_of(session, row) == []
    assert row.maturity is Maturity.EXPERIMENTAL


def test_attaching_again_leaves_the_rates_of_the_file_alone(session: Session) -> None:
    row = make_detector(session, slug="induction")
    upsert_error_rates(session, row, [make_rate(), make_random_rate()])
    upsert_error_rates(session, row, [make_rate(recall=0.8)])
    (only,) = rows_of(session, row)
    assert only.recall == 0.8
    assert row.maturity is Maturity.EXPERIMENTAL


def test_a_faulty_detector_stays_faulty(session: Session) -> None:
    row = make_detector(session, slug="induction", maturity=Maturity.FAULTY)
    upsert_error_rates(session, row, [make_rate(), make_random_rate()])
    assert row.maturity is Maturity.FAULTY


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    records = [make_rate(), make_rate(is_weak=True, description="weak", recall=1 / 3), make_random_rate()]
    store_error_rates(records, tmp_path)
    assert sorted(shipped_error_rates(tmp_path), key=str) == sorted(records, key=str)
    # A second detector is written beside the first, and is seen at once.
    store_error_rates([make_rate(detector="local")], tmp_path)
    assert len(shipped_error_rates(tmp_path)) == len(records) + 1


def test_a_folder_without_the_file_holds_no_rates(tmp_path: Path) -> None:
    assert shipped_error_rates(tmp_path) == ()


def test_measuring_one_detector_again_keeps_the_others() -> None:
    old = [make_rate(), make_random_rate(), make_rate(detector="local"), make_rate(version=2)]
    new = [make_rate(recall=0.9)]
    assert merged(old, new) == [make_rate(recall=0.9), make_rate(version=2), make_rate(detector="local")]


def test_shipped_rates_have_the_shape_of_records_and_are_written_as_they_are() -> None:
    for source in read_calibration(SHIPPED):
        text = (SHIPPED / source.file).read_text(encoding="utf-8")
        assert as_toml(CalibrationFile.model_validate(tomllib.loads(text)).error_rates) == text
