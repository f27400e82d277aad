"""Our own runs: when, on what, with which code, and what came of them."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.errors import NotFoundError
from catalog.models import HeadScoreTable, ScanRun, Verification
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.names import as_filter
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.queries.table_options import table_options
from catalog.vocabulary import Verdict

SORTS: dict[str, Any] = {"id": ScanRun.id, "started_at": ScanRun.started_at}


class ScanRunQuery(PageRequest):
    """Which runs to list."""

    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    device: str | None = Field(default=None, max_length=64, description="Device, exactly.")
    dtype: str | None = Field(default=None, max_length=16, description="Data type of the weights, as `float32`.")
    sort: str = sort_field(SORTS, "-id")


@dataclass(frozen=True, slots=True)
class ScanRunDetail:
    """One run with what it left behind."""

    scan_run: ScanRun
    head_score_tables: list[HeadScoreTable]
    verdicts: dict[Verdict, int]
    """Verdicts of the verifications of this run, counted."""


def find_scan_runs(session: Session, query: ScanRunQuery | None = None) -> Page[ScanRun]:
    """Runs that match a query, latest first.

    Raises:
        InvalidQueryError: The language model does not exist, or sort or cursor cannot be used.
    """
    query = query or ScanRunQuery()
    statement = select(ScanRun)
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        statement = statement.where(ScanRun.language_model_id.in_(ids))
    for column, value in ((ScanRun.device, query.device), (ScanRun.dtype, query.dtype)):
        if value is not None:
            statement = statement.where(column == value)
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[ScanRun.id],
        read=lambda row: row[0],
        options=[joinedload(ScanRun.language_model)],
    )


def get_scan_run(session: Session, number: int) -> ScanRunDetail:
    """One run by its number.

    Raises:
        NotFoundError: There is no such run.
    """
    statement = select(ScanRun).where(ScanRun.id == number).options(joinedload(ScanRun.language_model))
    scan_run = session.scalar(statement)
    if scan_run is None:
        raise NotFoundError("scan run", str(number))
    tables = (
        select(HeadScoreTable)
        .where(HeadScoreTable.scan_run_id == number)
        .order_by(HeadScoreTable.slug)
        .options(*table_options())
    )
    rows = session.execute(
        select(Verification.verdict, func.count())
        .where(Verification.scan_run_id == number)
        .group_by(Verification.verdict)
    )
    counted = {Verdict(verdict): n for verdict, n in rows}
    verdicts = {verdict: counted[verdict] for verdict in Verdict if verdict in counted}
    return ScanRunDetail(scan_run, list(session.scalars(tables)), verdicts)
