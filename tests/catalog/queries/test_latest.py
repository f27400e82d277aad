"""The verdict beside a finding is that of its latest re-run that stands, whoever writes re-runs and how."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalog.models import Finding, Verification
from catalog.queries.finding import FindingQuery, find_finding_ids
from catalog.queries.latest import latest_value
from catalog.vocabulary import Verdict
from tests.factories.finding import make_finding
from tests.factories.verification import make_verification


def kept(session: Session) -> dict[str, str | None]:
    """Verdict beside each finding, which must be what its re-runs say."""
    looked_up = latest_value(Verification.verdict)
    rows = session.execute(select(Finding.accession, Finding.latest_verdict, looked_up).order_by(Finding.id)).all()
    assert all(row[1] == row[2] for row in rows)
    return {row[0]: row[1] for row in rows}


def test_kept_verdict_follows_every_change_of_the_re_runs(session: Session) -> None:
    one, other = make_finding(session).id, make_finding(session).id
    assert set(kept(session).values()) == {None}
    first = make_verification(session, finding=session.get(Finding, one), verdict=Verdict.REPRODUCED).id
    second = make_verification(session, finding=session.get(Finding, one), verdict=Verdict.ERROR).id
    assert list(kept(session).values()) == ["error", None]
    gone = {"status": "withdrawn", "withdrawn_reason": "It ran on other weights."}
    session.execute(update(Verification).where(Verification.id == second).values(gone))
    assert list(kept(session).values()) == ["reproduced", None]
    session.execute(update(Verification).where(Verification.id == first).values(finding_id=other))
    assert list(kept(session).values()) == [None, "reproduced"]
    session.execute(update(Verification).where(Verification.id == first).values(verdict="inconclusive"))
    assert list(kept(session).values()) == [None, "inconclusive"]
    session.execute(delete(Verification).where(Verification.id == first))
    assert list(kept(session).values()) == [None, None]


def test_lists_are_filtered_and_sorted_by_it(session: Session) -> None:
    made = {verdict: make_finding(session).id for verdict in (None, *sorted(Verdict))}
    for verdict, finding in made.items():
        if verdict is not None:
            make_verification(session, finding=session.get(Finding, finding), verdict=verdict)
    found = {verdict: find_finding_ids(session, FindingQuery(verdict=verdict)).items for verdict in Verdict}
    assert found == {verdict: [made[verdict]] for verdict in Verdict}
    assert find_finding_ids(session, FindingQuery(verdict="untested")).items == [made[None]]
    ordered = [made[verdict] for verdict in sorted(Verdict)]
    assert find_finding_ids(session, FindingQuery(sort="verdict")).items == [*ordered, made[None]]
    assert find_finding_ids(session, FindingQuery(sort="-verdict")).items == [*ordered[::-1], made[None]]
