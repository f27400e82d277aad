"""How head types work together on a task."""

from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import Mechanism, MechanismPaper, MechanismStep, MechanismStepHeadType, MechanismStepStage
from catalog.queries.head_type import resolve_head_type
from catalog.queries.names import as_filter, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {"slug": Mechanism.slug, "name": Mechanism.name}


def _loaded() -> list[ExecutableOption]:
    # Made when asked for: at import all mappers would be configured.
    steps = selectinload(Mechanism.steps)
    return [
        steps.selectinload(MechanismStep.stages).joinedload(MechanismStepStage.stage),
        steps.selectinload(MechanismStep.head_types).joinedload(MechanismStepHeadType.head_type),
        selectinload(Mechanism.papers).joinedload(MechanismPaper.paper),
    ]


class MechanismQuery(PageRequest):
    """Which mechanisms to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or task.")
    head_type: str | None = Field(default=None, max_length=128, description="Head type that acts in a step.")
    sort: str = sort_field(SORTS, "slug")


def find_mechanisms(session: Session, query: MechanismQuery | None = None) -> Page[Mechanism]:
    """Mechanisms that match a query, each with its steps.

    Raises:
        InvalidQueryError: The head type does not exist, or sort or cursor cannot be used.
    """
    query = query or MechanismQuery()
    statement = select(Mechanism)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Mechanism.slug, Mechanism.name, Mechanism.task))
    if query.head_type is not None:
        head_type = as_filter("head_type", resolve_head_type, session, query.head_type)
        acting = (
            select(MechanismStep.mechanism_id)
            .join(MechanismStep.head_types)
            .where(MechanismStepHeadType.head_type_id == head_type.id)
        )
        statement = statement.where(Mechanism.id.in_(acting))
    return paginate(
        session, statement, query, sorts=SORTS, key=[Mechanism.id], read=lambda row: row[0], options=_loaded()
    )


def get_mechanism(session: Session, slug: str) -> Mechanism:
    """One mechanism by its slug.

    Raises:
        NotFoundError: There is no such mechanism.
    """
    found = session.scalar(select(Mechanism).where(Mechanism.slug == slug).options(*_loaded()))
    if found is None:
        raise not_found(session, "mechanism", slug, Mechanism.slug)
    return found
