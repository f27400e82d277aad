"""The code that tests for head types, version by version, with its error rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import Detector, DetectorHeadType, Finding, Verification
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import count_verdicts
from catalog.queries.names import as_filter, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import Maturity, Tier, Verdict

SORTS: dict[str, Any] = {"slug": Detector.slug, "tier": Detector.tier}


def _loaded() -> list[ExecutableOption]:
    # Made when asked for: at import all mappers would be configured.
    return [
        joinedload(Detector.metric),
        joinedload(Detector.paper),
        selectinload(Detector.head_types).joinedload(DetectorHeadType.head_type),
        selectinload(Detector.error_rates),
        selectinload(Detector.events),
    ]


class DetectorQuery(PageRequest):
    """Which detectors to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug or summary.")
    tier: Tier | None = Field(default=None, description="What the detector needs.")
    maturity: Maturity | None = Field(default=None, description="Whether its error rates were measured.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type that it tests for.")
    all_versions: bool = Field(default=False, description="Also list versions that a later one replaced.")
    sort: str = sort_field(SORTS, "slug")


@dataclass(frozen=True, slots=True)
class DetectorDetail:
    """One version of a detector with its record."""

    detector: Detector
    versions: list[int]
    """All versions, first to last."""
    verdicts: dict[Verdict, int]
    """Latest verdict of each finding that this version verified, counted."""


def find_detectors(session: Session, query: DetectorQuery | None = None) -> Page[Detector]:
    """Detectors that match a query.

    Raises:
        InvalidQueryError: The head type does not exist, or sort or cursor cannot be used.
    """
    query = query or DetectorQuery()
    statement = select(Detector)
    for column, value in ((Detector.tier, query.tier), (Detector.maturity, query.maturity)):
        if value is not None:
            statement = statement.where(column == value)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Detector.slug, Detector.summary))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        tests = select(DetectorHeadType.detector_id).where(DetectorHeadType.head_type_id == head_type.id)
        statement = statement.where(Detector.id.in_(tests))
    if not query.all_versions:
        later = aliased(Detector)
        has_later = select(later.id).where(and_(later.slug == Detector.slug, later.version > Detector.version))
        statement = statement.where(~has_later.exists())
    return paginate(
        session, statement, query, sorts=SORTS, key=[Detector.id], read=lambda row: row[0], options=_loaded()
    )


def get_detector(session: Session, slug: str, version: int | None = None) -> DetectorDetail:
    """One detector; the latest version where none is named.

    Raises:
        NotFoundError: There is no such detector.
    """
    statement = select(Detector).where(Detector.slug == slug).order_by(Detector.version).options(*_loaded())
    versions = session.scalars(statement).all()
    wanted = [each for each in versions if version is None or each.version == version]
    if not wanted:
        raise not_found(session, "detector", slug if version is None else f"{slug} version {version}", Detector.slug)
    verified = select(Verification.finding_id).where(Verification.detector_id == wanted[-1].id)
    verdicts = count_verdicts(session, Finding.id.in_(verified))
    return DetectorDetail(wanted[-1], [each.version for each in versions], verdicts)


def ids_of_detector(session: Session, slug: str) -> Sequence[int]:
    """Keys of all versions of a detector.

    Raises:
        NotFoundError: There is no such detector.
    """
    found = session.scalars(select(Detector.id).where(Detector.slug == slug)).all()
    if not found:
        raise not_found(session, "detector", slug, Detector.slug)
    return found
