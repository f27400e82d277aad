"""Parallels between language models and people."""

from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from catalog.models import HumanAnalogue, HumanAnaloguePaper
from catalog.queries.names import mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {"slug": HumanAnalogue.slug, "analogue": HumanAnalogue.analogue}


def _loaded() -> list[ExecutableOption]:
    # Made when asked for: at import all mappers would be configured.
    return [
        joinedload(HumanAnalogue.paper),
        selectinload(HumanAnalogue.analogue_papers).joinedload(HumanAnaloguePaper.paper),
    ]


class HumanAnalogueQuery(PageRequest):
    """Which analogues to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, analogue or statement.")
    sort: str = sort_field(SORTS, "slug")


def find_human_analogues(session: Session, query: HumanAnalogueQuery | None = None) -> Page[HumanAnalogue]:
    """Analogues that match a query.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or HumanAnalogueQuery()
    statement = select(HumanAnalogue)
    if query.q is not None:
        statement = statement.where(
            mentions(query.q, HumanAnalogue.slug, HumanAnalogue.analogue, HumanAnalogue.statement)
        )
    return paginate(
        session, statement, query, sorts=SORTS, key=[HumanAnalogue.id], read=lambda row: row[0], options=_loaded()
    )


def get_human_analogue(session: Session, slug: str) -> HumanAnalogue:
    """One analogue by its slug.

    Raises:
        NotFoundError: There is no such analogue.
    """
    found = session.scalar(select(HumanAnalogue).where(HumanAnalogue.slug == slug).options(*_loaded()))
    if found is None:
        raise not_found(session, "human analogue", slug, HumanAnalogue.slug)
    return found
