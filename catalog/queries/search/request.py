"""A search: what is searched, the expression, and the page of the answer."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator
from sqlalchemy.orm import Session

from catalog.models import Finding, HeadType
from catalog.queries.citable import published
from catalog.queries.finding import SORTS as FINDING_SORTS
from catalog.queries.finding import page_of_ids
from catalog.queries.head import HEAD_SORTS, HeadRow, find_heads_where
from catalog.queries.head_score import MODEL_SCORE_SORTS, ScoreRow, find_scores_where
from catalog.queries.head_type import SORTS as HEAD_TYPE_SORTS
from catalog.queries.head_type import HeadTypeRow, find_head_types_where
from catalog.queries.page import Page, PageRequest
from catalog.queries.search.expression import Asked, Expression, Fields, condition_of, require_bounded
from catalog.queries.search.finding_fields import FINDING_FIELDS
from catalog.queries.search.head_type_fields import HEAD_TYPE_FIELDS
from catalog.queries.search.score_fields import SCORE_FIELDS


class Target(StrEnum):
    """What a search looks among."""

    FINDINGS = "findings"
    HEADS = "heads"
    HEAD_TYPES = "head_types"
    SCORES = "scores"


FIELDS: Mapping[Target, Fields] = {
    Target.FINDINGS: FINDING_FIELDS,
    Target.HEADS: FINDING_FIELDS,
    Target.HEAD_TYPES: HEAD_TYPE_FIELDS,
    Target.SCORES: SCORE_FIELDS,
}
"""Fields of each target; a head is found by the claims on it."""

SORTS: Mapping[Target, Mapping[str, Any]] = {
    Target.FINDINGS: FINDING_SORTS,
    Target.HEADS: HEAD_SORTS,
    Target.HEAD_TYPES: HEAD_TYPE_SORTS,
    Target.SCORES: MODEL_SCORE_SORTS,
}


class SearchRequest(PageRequest):
    """A search by one boolean expression."""

    target: Target = Field(default=Target.FINDINGS, description="What is searched.")
    where: Expression | None = Field(
        default=None,
        description="The expression, at most 8 levels deep and of at most 100 parts; without it everything is found. "
        "`GET /api/v1/search-fields` lists the fields.",
    )
    sort: str | None = Field(
        default=None,
        max_length=64,
        description="Order of the items; `GET /api/v1/search-fields` lists the names. A leading minus turns it round.",
    )

    @field_validator("where", mode="before")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        return require_bounded(value)


def search_findings(session: Session, request: SearchRequest) -> Page[int]:
    """Keys of the findings that a search asks for.

    Raises:
        InvalidQueryError: The expression, sort or cursor cannot be used.
    """
    return page_of_ids(session, _sorted(request), [published(Finding), *_conditions(session, request)])


def search_heads(session: Session, request: SearchRequest) -> Page[HeadRow]:
    """Heads with a finding that meets the expression.

    Raises:
        InvalidQueryError: The expression, sort or cursor cannot be used.
    """
    return find_heads_where(session, _sorted(request), [published(Finding), *_conditions(session, request)])


def search_head_types(session: Session, request: SearchRequest) -> Page[HeadTypeRow]:
    """Head types that a search asks for.

    Raises:
        InvalidQueryError: The expression, sort or cursor cannot be used.
    """
    return find_head_types_where(session, _sorted(request), [published(HeadType), *_conditions(session, request)])


def search_scores(session: Session, request: SearchRequest) -> Page[ScoreRow]:
    """Head scores that a search asks for.

    Raises:
        InvalidQueryError: The expression, sort or cursor cannot be used.
    """
    return find_scores_where(session, _sorted(request), _conditions(session, request))


def _conditions(session: Session, request: SearchRequest) -> list[Any]:
    if request.where is None:
        return []
    return [condition_of(request.where, FIELDS[request.target], Asked(session, "where"))]


def _sorted(request: SearchRequest) -> SearchRequest:
    return request if request.sort else request.model_copy(update={"sort": next(iter(SORTS[request.target]))})
