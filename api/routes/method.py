"""GET /api/v1/methods and /api/v1/glossary."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import LinksDep, ReplyDep, SessionDep
from api.schemas.base import PageOf
from api.schemas.method import (
    GlossaryTermRecord,
    MethodDetailRecord,
    MethodNodeRecord,
    MethodRecord,
    MethodTreeRecord,
)
from catalog.queries.method import (
    GlossaryQuery,
    MethodQuery,
    find_glossary_terms,
    find_methods,
    get_glossary_term,
    get_method,
    get_method_tree,
)

router = APIRouter(tags=["methods"])


@router.get("/methods")
def list_methods(session: SessionDep, query: Annotated[MethodQuery, Query()], reply: ReplyDep) -> PageOf[MethodRecord]:
    """Ways to establish a claim about a head."""
    return reply.page(find_methods(session, query), MethodRecord.of)


@router.get("/method-tree")
def read_method_tree(session: SessionDep, links: LinksDep) -> MethodTreeRecord:
    """All methods as the survey's trees."""
    return MethodTreeRecord(roots=[MethodNodeRecord.of(each, links) for each in get_method_tree(session)])


@router.get("/methods/{slug}")
def read_method(session: SessionDep, slug: str, links: LinksDep) -> MethodDetailRecord:
    """One method with its place in the tree and its papers."""
    return MethodDetailRecord.from_detail(get_method(session, slug), links)


@router.get("/glossary")
def list_glossary_terms(
    session: SessionDep, query: Annotated[GlossaryQuery, Query()], reply: ReplyDep
) -> PageOf[GlossaryTermRecord]:
    """Terms of the field that are no methods."""
    return reply.page(find_glossary_terms(session, query), GlossaryTermRecord.of)


@router.get("/glossary/{slug}")
def read_glossary_term(session: SessionDep, slug: str, links: LinksDep) -> GlossaryTermRecord:
    """One term."""
    return GlossaryTermRecord.of(get_glossary_term(session, slug), links)
