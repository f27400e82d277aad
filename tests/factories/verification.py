"""Verifications for tests."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Detector, Finding, LanguageModel, ScanRun, Verification
from catalog.notation import Accession
from catalog.vocabulary import EntryKind, Verdict
from tests.factories.counter import fresh
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.scan_run import make_scan_run


def make_verification(
    session: Session,
    *,
    finding: Finding | None = None,
    detector: Detector | None = None,
    scan_run: ScanRun | None = None,
    **changes: Any,
) -> Verification:
    """A re-run that reproduced its claim with a score of 0.9 against a chance of 0.1."""
    claim = finding or make_finding(session)
    language_model = session.get_one(LanguageModel, claim.language_model_id)
    values = {
        "accession": Accession(EntryKind.VERIFICATION, fresh()).base,
        "finding_id": claim.id,
        "detector_id": (detector or make_detector(session)).id,
        "scan_run_id": (scan_run or make_scan_run(session, language_model=language_model)).id,
        "score": 0.9,
        "chance": 0.1,
        "verdict": Verdict.REPRODUCED,
        "reasons": ["The score lies above chance."],
        "protocol_version": "1",
        "record": {"score": 0.9},
        "record_sha256": "4" * 64,
        "created_at": datetime(2026, 1, 1, 12, 0, 2, tzinfo=UTC),
    }
    verification = Verification(**values | changes)
    session.add(verification)
    session.flush()
    return verification
