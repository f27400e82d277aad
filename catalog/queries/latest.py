"""The latest re-run of a claim, as conditions and values of statements that select findings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from catalog.models import Finding, Verification
from catalog.queries.citable import published


def _counted(rerun: Any, as_of: datetime | None) -> ColumnElement[bool]:
    stands = published(rerun)
    return stands if as_of is None else and_(stands, rerun.created_at <= as_of)


def latest_id(as_of: datetime | None = None) -> Any:
    """Key of a finding's latest re-run; of the latest until a moment where one is given."""
    # Verifications are appended, so the largest key is the latest re-run.
    rerun = aliased(Verification)
    found = select(func.max(rerun.id)).where(rerun.finding_id == Finding.id, _counted(rerun, as_of))
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
        .where(later.finding_id == Verification.finding_id, later.id > Verification.id, _counted(later, as_of))
        .correlate(Verification)
        .exists()
    )
    found = select(Verification.finding_id).where(condition, _counted(Verification, as_of), is_last)
    return Finding.id.in_(found)


def is_untested(as_of: datetime | None = None) -> ColumnElement[bool]:
    """Findings that nobody re-ran."""
    rerun = aliased(Verification)
    found = select(rerun.id).where(rerun.finding_id == Finding.id, _counted(rerun, as_of))
    return ~found.correlate(Finding).exists()
