"""Records of any kind whose text holds some words, best first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from catalog.models import Circuit, Finding, HeadType, HeadTypeAlias, Method, Metric, Paper
from catalog.queries.citable import published
from catalog.queries.full_text import ranked


class TextKind(StrEnum):
    """Kinds of record whose text is searched."""

    HEAD_TYPE = "head_type"
    FINDING = "finding"
    PAPER = "paper"
    CIRCUIT = "circuit"
    METRIC = "metric"
    METHOD = "method"


class TextQuery(BaseModel):
    """Which words to look for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field(
        max_length=200,
        description='Words; all must occur, `"in quotation marks"` as they stand, and `-word` must not. A word also '
        "finds longer ones that begin with it.",
    )
    kind: TextKind | None = Field(default=None, description="Only records of this kind.")
    limit: int = Field(
        default=50, ge=1, le=500, description="Records to give, best first; `n_found` tells how many there are."
    )


@dataclass(frozen=True, slots=True)
class TextHit:
    """A record whose text holds the words."""

    kind: TextKind
    key: str
    name: str
    rank: float


_KINDS: Mapping[TextKind, tuple[Any, Any, Any]] = {
    TextKind.HEAD_TYPE: (HeadType, HeadType.slug, HeadType.name),
    TextKind.FINDING: (Finding, Finding.accession, Finding.published_name),
    TextKind.PAPER: (Paper, Paper.slug, Paper.title),
    TextKind.CIRCUIT: (Circuit, Circuit.accession, Circuit.name),
    TextKind.METRIC: (Metric, Metric.slug, Metric.name),
    TextKind.METHOD: (Method, Method.slug, Method.name),
}


def search_text(session: Session, query: TextQuery) -> tuple[list[TextHit], dict[TextKind, int]]:
    """Records that hold the words, best first, and how many of each kind there are.

    Ranks are the database's own: comparable within an answer, not between the two databases.

    Raises:
        InvalidQueryError: The question holds no word to look for, or too many.
    """
    kinds = [query.kind] if query.kind else list(_KINDS)
    found: list[TextHit] = []
    counts = {}
    for kind in kinds:
        model, key, name = _KINDS[kind]
        answers = ranked(session, model, query.q)
        statement = select(key, name, answers.c.rank).join(answers, answers.c.id == model.id)
        if hasattr(model, "status"):
            statement = statement.where(published(model))
        if kind is TextKind.HEAD_TYPE:
            statement = union_all(statement, _by_alias(session, query.q)).subquery().select()
        rows = statement.subquery()
        best = select(rows.c[0], rows.c[1], func.max(rows.c.rank)).group_by(rows.c[0], rows.c[1])
        counts[kind] = session.scalar(select(func.count()).select_from(best.subquery())) or 0
        if counts[kind]:
            ordered = best.order_by(func.max(rows.c.rank).desc(), rows.c[0]).limit(query.limit)
            found += [TextHit(kind, row[0], row[1], float(row[2])) for row in session.execute(ordered)]
    found.sort(key=lambda hit: (-hit.rank, list(_KINDS).index(hit.kind), hit.key))
    return found[: query.limit], counts


def _by_alias(session: Session, question: str) -> Any:
    answers = ranked(session, HeadTypeAlias, question)
    return (
        select(HeadType.slug, HeadType.name, answers.c.rank)
        .join(HeadTypeAlias, HeadTypeAlias.head_type_id == HeadType.id)
        .join(answers, answers.c.id == HeadTypeAlias.id)
        .where(published(HeadType))
    )
