"""Releases: dated snapshots of the whole catalog."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError
from catalog.models import Release
from catalog.queries.names import near_names
from catalog.queries.page import Page, PageRequest, paginate, sort_field

SORTS: dict[str, Any] = {"created_at": Release.created_at, "name": Release.name}


class ReleaseQuery(PageRequest):
    """Which releases to list."""

    sort: str = sort_field(SORTS, "-created_at")


def find_releases(session: Session, query: ReleaseQuery | None = None) -> Page[Release]:
    """All releases, latest first.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or ReleaseQuery()
    return paginate(session, select(Release), query, sorts=SORTS, key=[Release.id], read=lambda row: row[0])


def get_release(session: Session, name: str) -> Release:
    """One release by name or accession; `latest` is the last one made.

    Raises:
        NotFoundError: There is no such release; near names are given.
    """
    statement = select(Release)
    number = name.upper().removeprefix("AHR-")
    if name == "latest":
        statement = statement.order_by(Release.id.desc()).limit(1)
    elif name.upper().startswith("AHR-") and number.isdecimal() and len(number) < 10:
        statement = statement.where(or_(Release.name == name, Release.id == int(number)))
    else:
        statement = statement.where(Release.name == name)
    found = session.scalar(statement)
    if found is None:
        raise NotFoundError("release", name, near_names(name, list(session.scalars(select(Release.name)))))
    return found
