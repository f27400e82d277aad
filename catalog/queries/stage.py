"""The four stages of reasoning, their graph, and which head types sources put where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.models import HeadType, Stage, StageAssignment, StageTransition
from catalog.queries.citable import published
from catalog.queries.names import not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {"position": Stage.position, "slug": Stage.slug}


class StageQuery(PageRequest):
    """The stages, all four."""

    sort: str = sort_field(SORTS, "position")


@dataclass(frozen=True, slots=True)
class StageDetail:
    """One stage with its functions, its place in the graph and its head types."""

    stage: Stage
    assignments: list[StageAssignment]
    transitions: list[StageTransition]
    """From and to this stage."""


def find_stages(session: Session, query: StageQuery | None = None) -> Page[Stage]:
    """The stages, in the order of telling.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    return paginate(
        session,
        select(Stage),
        query or StageQuery(),
        sorts=SORTS,
        key=[Stage.id],
        read=lambda row: row[0],
        options=[selectinload(Stage.functions)],
    )


def get_stage(session: Session, slug: str) -> StageDetail:
    """One stage by its slug.

    Raises:
        NotFoundError: There is no such stage.
    """
    stage = session.scalar(select(Stage).where(Stage.slug == slug).options(selectinload(Stage.functions)))
    if stage is None:
        raise not_found(session, "stage", slug, Stage.slug)
    assignments = (
        select(StageAssignment)
        .join(StageAssignment.head_type)
        .where(StageAssignment.stage_id == stage.id, published(HeadType))
        .order_by(HeadType.slug, StageAssignment.id)
        .options(
            joinedload(StageAssignment.head_type),
            joinedload(StageAssignment.stage),
            joinedload(StageAssignment.stage_function),
            joinedload(StageAssignment.paper),
        )
    )
    around = or_(StageTransition.source_id == stage.id, StageTransition.target_id == stage.id)
    return StageDetail(stage, list(session.scalars(assignments)), list(find_transitions(session, around)))


def find_transitions(session: Session, *conditions: Any) -> Sequence[StageTransition]:
    """The edges of the graph of stages, in the order of telling; there are never more than a dozen."""
    statement = select(StageTransition).where(*conditions).order_by(StageTransition.id)
    return session.scalars(
        statement.options(joinedload(StageTransition.source), joinedload(StageTransition.target))
    ).all()
