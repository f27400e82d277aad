"""Ways to establish a claim, as a tree, and the terms of the field."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.models import Finding, GlossaryTerm, Method, MethodPaper
from catalog.queries.names import as_filter, id_of, mentions, not_found
from catalog.queries.page import Page, PageRequest, paginate, sort_field
from catalog.vocabulary import MethodLevel, Status

SORTS: dict[str, Any] = {"position": Method.position, "slug": Method.slug, "name": Method.name}
TERM_SORTS: dict[str, Any] = {"slug": GlossaryTerm.slug, "name": GlossaryTerm.name, "topic": GlossaryTerm.topic}


class MethodQuery(PageRequest):
    """Which methods to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or definition.")
    level: MethodLevel | None = Field(default=None, description="Height in the tree.")
    parent: str | None = Field(default=None, max_length=64, description="Slug of the node above.")
    is_in_survey: bool | None = Field(default=None, description="Whether arXiv:2409.03752 names the method.")
    sort: str = sort_field(SORTS, "position")


class GlossaryQuery(PageRequest):
    """Which terms to list."""

    q: str | None = Field(default=None, max_length=200, description="Text in slug, name or definition.")
    topic: str | None = Field(default=None, max_length=32, description="Topic, exactly.")
    sort: str = sort_field(TERM_SORTS, "slug")


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A method in a list."""

    method: Method
    parent: Method | None
    n_findings: int


@dataclass(frozen=True, slots=True)
class MethodNode:
    """A method with all below it."""

    method: Method
    children: list["MethodNode"]


@dataclass(frozen=True, slots=True)
class MethodDetail:
    """One method with its place in the tree and the papers that use it."""

    method: Method
    parent: Method | None
    children: list[Method]
    n_findings: int


def find_methods(session: Session, query: MethodQuery | None = None) -> Page[MethodRow]:
    """Methods that match a query.

    Raises:
        InvalidQueryError: The parent does not exist, or sort or cursor cannot be used.
    """
    query = query or MethodQuery()
    n_findings = (
        select(func.count(Finding.id))
        .where(Finding.method_id == Method.id, Finding.status != Status.WITHDRAWN)
        .correlate(Method)
        .scalar_subquery()
    )
    statement = select(Method, n_findings)
    if query.q is not None:
        statement = statement.where(mentions(query.q, Method.slug, Method.name, Method.definition))
    if query.level is not None:
        statement = statement.where(Method.level == query.level)
    if query.parent is not None:
        parent = as_filter("parent", id_of, session, "method", query.parent, Method.slug)
        statement = statement.where(Method.parent_id == parent)
    if query.is_in_survey is not None:
        statement = statement.where(Method.is_in_survey == query.is_in_survey)
    page = paginate(session, statement, query, sorts=SORTS, key=[Method.id], read=lambda row: (row[0], row[1]))
    above = {method.parent_id for method, _ in page.items}
    parents = {each.id: each for each in session.scalars(select(Method).where(Method.id.in_(above)))}
    rows = [MethodRow(method, parents.get(method.parent_id), n) for method, n in page.items]
    return Page(rows, page.next_cursor, page.total)


def get_method(session: Session, slug: str) -> MethodDetail:
    """One method by its slug.

    Raises:
        NotFoundError: There is no such method.
    """
    statement = select(Method).where(Method.slug == slug)
    method = session.scalar(statement.options(selectinload(Method.papers).joinedload(MethodPaper.paper)))
    if method is None:
        raise not_found(session, "method", slug, Method.slug)
    children = select(Method).where(Method.parent_id == method.id).order_by(Method.position, Method.id)
    n_findings = select(func.count(Finding.id)).where(
        Finding.method_id == method.id, Finding.status != Status.WITHDRAWN
    )
    return MethodDetail(
        method,
        session.get(Method, method.parent_id) if method.parent_id else None,
        list(session.scalars(children)),
        session.scalar(n_findings) or 0,
    )


def get_method_tree(session: Session) -> list[MethodNode]:
    """All methods from the roots down."""
    methods = session.scalars(select(Method).order_by(Method.position, Method.id)).all()
    nodes = {method.id: MethodNode(method, []) for method in methods}
    roots: list[MethodNode] = []
    for method in methods:
        siblings = roots if method.parent_id is None else nodes[method.parent_id].children
        siblings.append(nodes[method.id])
    return roots


def papers_by_method(session: Session) -> dict[int, list[MethodPaper]]:
    """The survey's example papers of every method, by the method's key."""
    statement = (
        select(MethodPaper).order_by(MethodPaper.method_id, MethodPaper.id).options(joinedload(MethodPaper.paper))
    )
    found: dict[int, list[MethodPaper]] = {}
    for link in session.scalars(statement):
        found.setdefault(link.method_id, []).append(link)
    return found


def find_glossary_terms(session: Session, query: GlossaryQuery | None = None) -> Page[GlossaryTerm]:
    """Terms that match a query.

    Raises:
        InvalidQueryError: Sort or cursor cannot be used.
    """
    query = query or GlossaryQuery()
    statement = select(GlossaryTerm)
    if query.q is not None:
        statement = statement.where(mentions(query.q, GlossaryTerm.slug, GlossaryTerm.name, GlossaryTerm.definition))
    if query.topic is not None:
        statement = statement.where(GlossaryTerm.topic == query.topic)
    return paginate(session, statement, query, sorts=TERM_SORTS, key=[GlossaryTerm.id], read=lambda row: row[0])


def get_glossary_term(session: Session, slug: str) -> GlossaryTerm:
    """One term by its slug.

    Raises:
        NotFoundError: There is no such term.
    """
    found = session.scalar(select(GlossaryTerm).where(GlossaryTerm.slug == slug))
    if found is None:
        raise not_found(session, "glossary term", slug, GlossaryTerm.slug)
    return found
