"""Re-runs of claims: lists, and one re-run with all that led to its verdict."""

from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload, selectinload

from catalog.models import Detector, Finding, ScanRun, Verification
from catalog.queries.citable import accession_of, near_accessions, one_entry, select_published
from catalog.queries.detector import ids_of_detector
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.queries.latest import counted
from catalog.queries.names import as_filter
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import EntryKind, RunStanding, Verdict

SORTS: dict[str, Any] = {
    "accession": Verification.accession,
    "created_at": Verification.created_at,
    "score": Verification.score,
    "p_adjusted": Verification.p_adjusted,
    "grade": Verification.grade,
}


class VerificationQuery(PageRequest):
    """Which verifications to list."""

    finding: str | None = Field(default=None, max_length=16, description="Accession of the claim.")
    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    head_type: str | None = Field(default=None, max_length=128, description="Slug or any published name of a type.")
    layer: int | None = Field(default=None, ge=0, lt=10000, description="Layer, from zero.")
    head: int | None = Field(default=None, ge=0, lt=10000, description="Head of the layer, from zero.")
    detector: str | None = Field(default=None, max_length=64, description="Slug of the detector.")
    scan_run: int | None = Field(default=None, ge=1, lt=2**31, description="Number of the run.")
    verdict: Verdict | None = Field(default=None, description="Outcome.")
    grade_gte: int | None = Field(default=None, ge=0, le=4, description="Lowest evidence grade.")
    standing: RunStanding | None = Field(
        default=None, description="Whether the settings were frozen before the run began."
    )
    repeats: str | None = Field(default=None, max_length=16, description="Accession of the verification repeated.")
    signer: str | None = Field(default=None, max_length=64, description="Public key of the signature, in base64.")
    broad_verdict: Verdict | None = Field(default=None, description="Outcome for the broad reading of the claim.")
    is_counted: bool | None = Field(
        default=None, description="Whether it counts: its detector was not found faulty since."
    )
    sort: str = sort_field(SORTS, "-accession")


def find_verifications(session: Session, query: VerificationQuery | None = None) -> Page[Verification]:
    """Verifications that match a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or VerificationQuery()
    statement = (
        select_published(Verification)
        .join(Verification.finding)
        .join(Verification.detector)
        .where(*_conditions(session, query))
    )
    options = [
        contains_eager(Verification.detector),
        contains_eager(Verification.finding).options(
            joinedload(Finding.language_model), joinedload(Finding.head_type), joinedload(Finding.paper)
        ),
        joinedload(Verification.scan_run),
    ]
    return paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[Verification.id],
        read=lambda row: row[0],
        options=options,
    )


def get_verification(session: Session, accession: str) -> Verification:
    """One verification by accession, with its claim, detector and run.

    Raises:
        InvalidNotationError: The text is no accession of a verification.
        NotFoundError: There is no such verification.
        WithdrawnError: It was withdrawn.
    """
    accession = accession_of(EntryKind.VERIFICATION, accession)
    finding = joinedload(Verification.finding)
    statement = (
        select(Verification)
        .where(Verification.accession == accession)
        .options(
            joinedload(Verification.detector).options(
                joinedload(Detector.metric), selectinload(Detector.events), selectinload(Detector.error_rates)
            ),
            joinedload(Verification.scan_run).joinedload(ScanRun.language_model),
            finding.joinedload(Finding.language_model),
            finding.joinedload(Finding.head_type),
            finding.joinedload(Finding.paper),
        )
    )
    return one_entry(
        session, "verification", accession, statement, near=lambda: near_accessions(session, Verification, accession)
    )


def _conditions(session: Session, query: VerificationQuery) -> list[ColumnElement[bool]]:
    plain: list[tuple[InstrumentedAttribute[Any], Any]] = [
        (Finding.accession, query.finding),
        (Finding.layer, query.layer),
        (Finding.head, query.head),
        (Verification.scan_run_id, query.scan_run),
        (Verification.verdict, query.verdict),
        (Verification.standing, query.standing),
        (Verification.repeats, query.repeats),
        (Verification.signer, query.signer),
        (Verification.broad_verdict, query.broad_verdict),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value is not None]
    if query.grade_gte is not None:
        found.append(Verification.grade >= query.grade_gte)
    if query.is_counted is not None:
        found.append(counted(Verification) if query.is_counted else ~counted(Verification))
    if query.language_model is not None:
        ids = as_filter("language_model", ids_of_language_model, session, query.language_model)
        found.append(Finding.language_model_id.in_(ids))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        found.append(Finding.head_type_id == head_type.id)
    if query.detector is not None:
        found.append(Verification.detector_id.in_(as_filter("detector", ids_of_detector, session, query.detector)))
    return found
