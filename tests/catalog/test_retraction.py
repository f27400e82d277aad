"""A retracted detector's re-runs stay and count for nothing; taking that back is another event."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.checks.detector import faulty_ones_were_retracted
from catalog.db import make_engine, transaction
from catalog.errors import NotFoundError, RetractionError
from catalog.models import Contributor, Detector, DetectorEvent, Finding, HeadListVersion, Verification
from catalog.models.base import now
from catalog.queries.counts import get_counts
from catalog.queries.finding import FindingQuery, find_finding_ids, get_finding
from catalog.queries.latest import latest_value
from catalog.queries.verification import VerificationQuery, find_verifications, get_verification
from catalog.retraction.cli import reinstate, retract
from catalog.retraction.retract import record_reinstatement, record_retraction
from catalog.schema import upgrade
from catalog.vocabulary import HeadListBasis, Maturity, Role, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.verification import make_verification


@pytest.fixture
def sound(session: Session) -> Detector:
    return make_detector(session, slug="sound")


@pytest.fixture
def faulty(session: Session) -> Detector:
    return make_detector(session, slug="faulty", maturity=Maturity.CALIBRATED)


def kept_verdict(session: Session, finding: Finding) -> tuple[str | None, str | None]:
    """Beside the finding, and looked up among its re-runs."""
    row = session.execute(
        select(Finding.latest_verdict, latest_value(Verification.verdict)).where(Finding.id == finding.id)
    ).one()
    return (row[0], row[1])


def test_an_earlier_verdict_counts_again_and_the_later_one_after_reinstatement(
    session: Session, sound: Detector, faulty: Detector
) -> None:
    finding = make_finding(session)
    make_verification(session, finding=finding, detector=sound, verdict=Verdict.NOT_REPRODUCED)
    make_verification(session, finding=finding, detector=faulty, verdict=Verdict.REPRODUCED)
    assert kept_verdict(session, finding) == ("reproduced", "reproduced")
    event = record_retraction(session, "faulty", 1, "It counted the wrong key.")
    assert (event.n_verifications, event.maturity_before) == (1, "calibrated")
    assert kept_verdict(session, finding) == ("not_reproduced", "not_reproduced")
    assert find_finding_ids(session, FindingQuery(verdict="not_reproduced")).items == [finding.id]
    record_reinstatement(session, "faulty", 1, "The key was right after all.")
    assert kept_verdict(session, finding) == ("reproduced", "reproduced")
    assert session.get_one(Detector, faulty.id).maturity == Maturity.CALIBRATED


def test_without_another_re_run_the_claim_is_untested_in_every_count(session: Session, faulty: Detector) -> None:
    finding = make_finding(session)
    made = make_verification(session, finding=finding, detector=faulty)
    record_retraction(session, "faulty", 1, "It counted the wrong key.")
    assert kept_verdict(session, finding) == (None, None)
    assert find_finding_ids(session, FindingQuery(verdict="untested")).items == [finding.id]
    assert find_finding_ids(session, FindingQuery(detector="faulty")).items == []
    assert find_finding_ids(session, FindingQuery(grade_gte=1)).items == []
    counts = get_counts(session)
    assert (counts.findings_verified, counts.verdicts) == (0, {})
    # It is still there, by accession, in lists, and on the page of its claim.
    assert get_verification(session, made.accession).verdict == Verdict.REPRODUCED
    assert [each.accession for each in get_finding(session, finding.accession).verifications] == [made.accession]
    assert [each.id for each in find_verifications(session, VerificationQuery(is_counted=False)).items] == [made.id]
    assert find_verifications(session, VerificationQuery(is_counted=True)).items == []


def test_a_head_list_of_reproduced_heads_loses_it(session: Session, faulty: Detector) -> None:
    finding = make_finding(session)
    make_verification(session, finding=finding, detector=faulty)

    def n_reproduced() -> int:
        statement = select(HeadListVersion.n_heads).where(HeadListVersion.basis == HeadListBasis.REPRODUCED)
        return session.scalars(statement.order_by(HeadListVersion.id.desc())).first() or 0

    record_retraction(session, "faulty", 1, "It counted the wrong key.")
    assert n_reproduced() == 0
    record_reinstatement(session, "faulty", 1, "It did not.")
    assert n_reproduced() == 1


def test_what_was_known_on_a_day_does_not_change(session: Session, faulty: Detector) -> None:
    finding = make_finding(session)
    make_verification(session, finding=finding, detector=faulty, created_at=now() - timedelta(days=3))
    record_retraction(session, "faulty", 1, "It counted the wrong key.")

    def verdict_as_of(moment: datetime) -> str | None:
        return session.scalar(select(latest_value(Verification.verdict, moment)).where(Finding.id == finding.id))

    assert verdict_as_of(datetime.now(UTC) - timedelta(days=1)) == "reproduced"
    assert verdict_as_of(datetime.now(UTC) + timedelta(days=1)) is None


def test_only_curators_retract_and_only_once(session: Session, faulty: Detector) -> None:
    writer = Contributor(name="A writer", role=Role.CONTRIBUTOR)
    curator = Contributor(name="A curator", role=Role.CURATOR)
    session.add_all([writer, curator])
    session.flush()
    with pytest.raises(RetractionError, match="only a curator or an admin"):
        record_retraction(session, "faulty", 1, "It counted the wrong key.", writer)
    with pytest.raises(RetractionError, match="reason is needed"):
        record_retraction(session, "faulty", 1, "  ", curator)
    with pytest.raises(NotFoundError, match="faulty version 2"):
        record_retraction(session, "faulty", 2, "It counted the wrong key.", curator)
    with pytest.raises(RetractionError, match="not retracted"):
        record_reinstatement(session, "faulty", 1, "It is right.", curator)
    assert record_retraction(session, "faulty", 1, "It counted the wrong key.", curator).actor_id == curator.id
    with pytest.raises(RetractionError, match="retracted already"):
        record_retraction(session, "faulty", 1, "Again.", curator)
    assert len(session.scalars(select(DetectorEvent)).all()) == 1


def test_the_commands_retract_and_take_it_back(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    monkeypatch.setenv("HEADCAT_DATABASE_URL", url)
    engine = make_engine(url)
    upgrade(engine)
    with transaction(engine) as made:
        make_verification(made, detector=make_detector(made, slug="wrong"))
    engine.dispose()
    reason = ["--reason", "It counted the wrong key."]
    assert CliRunner().invoke(retract, ["wrong", "1", *reason]).output == (
        "wrong version 1 is retracted: of its re-runs, 1, none counts any more.\n"
    )
    with pytest.raises(RetractionError, match="retracted already"):
        CliRunner().invoke(retract, ["wrong", "1", *reason], catch_exceptions=False)
    with pytest.raises(NotFoundError, match="contributor"):
        CliRunner().invoke(reinstate, ["wrong", "1", *reason, "--by", "Nobody"], catch_exceptions=False)
    assert "its re-runs, 1, count again" in CliRunner().invoke(reinstate, ["wrong", "1", *reason]).output
    assert CliRunner().invoke(retract, ["wrong", "1"]).exit_code == 2


def test_a_faulty_detector_that_nobody_retracted_breaks_a_rule(session: Session, faulty: Detector) -> None:
    record_retraction(session, "faulty", 1, "It counted the wrong key.")
    assert faulty_ones_were_retracted(session) == []
    make_detector(session, slug="odd", maturity=Maturity.FAULTY)
    assert faulty_ones_were_retracted(session) == ["odd version 1: faulty, and nothing was decided last"]
