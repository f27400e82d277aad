"""The app over ASGI, on the test's own transaction: what a test makes, its requests see, and nobody else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.serving import serve
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.release import make_release
from tests.factories.scan_run import make_scan_run
from tests.factories.verification import make_verification


@pytest.fixture
def client(session: Session) -> Iterator[TestClient]:
    """The server over an empty catalog, to which the test adds what it is about."""
    with serve(session) as made:
        yield made


@pytest.fixture(scope="module")
def seeded_client(seeded_engine: Engine) -> Iterator[TestClient]:
    """The server over all shipped records and one run of ours, so that no list is empty; tests only read."""
    with seeded_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            finding = make_finding(session)
            run = make_scan_run(session)
            detector = make_detector(session)
            verification = make_verification(session, finding=finding, scan_run=run, detector=detector)
            make_head_score_table(session, {(0, 0): 0.5, (0, 1): None}, scan_run=run)
            make_entry_version(session, finding.accession)
            make_entry_version(session, verification.accession)
            make_release(session)
            session.commit()
            with serve(session) as made:
                yield made
        outer.rollback()
