"""The latest re-run of a claim, as conditions and values of statements that select findings.

A re-run counts where it stands and its detector was not found faulty. Those that do not count stay readable.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from catalog.models import Detector, DetectorEvent, Finding, Verification
from catalog.queries.citable import published
from catalog.vocabulary import DetectorChange, Maturity


def counted(rerun: Any, as_of: datetime | None = None) -> ColumnElement[bool]:
    """Re-runs that count: not withdrawn, and by a detector that nobody found faulty, until a moment where one is given.

    Args:
        rerun: `Verification`, or an alias of it.
        as_of: What was not known then does not matter: a detector that was retracted later still counts.
    """
    stands = and_(published(rerun), rerun.detector_id.not_in(_faulty(as_of)))
    return stands if as_of is None else and_(stands, rerun.created_at <= as_of)


def _faulty(as_of: datetime | None) -> Select[int]:
    """Keys of the detector versions that are, or were at a moment, retracted."""
    if as_of is None:
        return select(Detector.id).where(Detector.maturity == Maturity.FAULTY)
    latest = select(func.max(DetectorEvent.id)).where(DetectorEvent.created_at <= as_of)
    return select(DetectorEvent.detector_id).where(
        DetectorEvent.id.in_(latest.group_by(DetectorEvent.detector_id)),
        DetectorEvent.change == DetectorChange.RETRACTED,
    )


def latest_id(as_of: datetime | None = None) -> Any:
    """Key of a finding's latest re-run; of the latest until a moment where one is given."""
    # Verifications are appended, so the largest key is the latest re-run.
    rerun = aliased(Verification)
    found = select(func.max(rerun.id)).where(rerun.finding_id == Finding.id, counted(rerun, as_of))
    return found.correlate(Finding).scalar_subquery()


def latest_value(column: Any, as_of: datetime | None = None) -> Any:
    """A column of a finding's latest re-run, as a value."""
    rerun = aliased(Verification)
    found = select(getattr(rerun, column.key)).where(rerun.id == latest_id(as_of))
    return found.correlate(Finding).scalar_subquery()


def latest_is(condition: ColumnElement[bool], as_of: datetime | None = None) -> ColumnElement[bool]:
    """Findings whose latest re-run meets a condition on `Verification`.

    Few findings have a re-run of a given kind, so that these are looked up first, by an index on the verdict.
    """
    later = aliased(Verification)
    is_last = ~(
        select(later.id)
        .where(later.finding_id == Verification.finding_id, later.id > Verification.id, counted(later, as_of))
        .correlate(Verification)
        .exists()
    )
    found = select(Verification.finding_id).where(condition, counted(Verification, as_of), is_last)
    return Finding.id.in_(found)


def is_untested(as_of: datetime | None = None) -> ColumnElement[bool]:
    """Findings that nobody re-ran."""
    rerun = aliased(Verification)
    found = select(rerun.id).where(rerun.finding_id == Finding.id, counted(rerun, as_of))
    return ~found.correlate(Finding).exists()
