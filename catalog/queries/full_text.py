"""Rows whose text holds some words: one question, two databases.

The words of a text are its runs of letters and digits, in lower case. A question is words, all of which must occur;
a word also finds longer ones that begin with it. `"two words"` in quotation marks must occur as they stand, and a
minus before a word or a quotation leaves out what holds it. Nothing else has a meaning, so that no text is an error.

SQLite answers from the FTS5 tables and PostgreSQL from the GIN indexes of the migration `search_and_indexes`. Both
follow every write by themselves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, func, literal, literal_column, select, table, text
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.models import Circuit, Finding, HeadType, HeadTypeAlias, Method, Metric, Paper

MAX_WORDS = 32

SEARCHED: Mapping[Any, tuple[str, ...]] = {
    Finding: ("published_name", "task", "scope", "locator", "note"),
    HeadType: ("name", "slug", "definition", "input_feature", "output_feature", "task", "note"),
    HeadTypeAlias: ("name",),
    Paper: ("title", "venue"),
    Circuit: ("name", "slug", "task", "edge_note"),
    Metric: ("name", "slug", "definition"),
    Method: ("name", "slug", "definition"),
}
"""Columns that are searched, as the migration put them into the indexes."""

_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must follow each other, or must not."""

    words: tuple[str, ...]
    is_prefix: bool
    """Whether the last word may go on."""
    is_excluded: bool


def read_terms(question: str, field: str = "q") -> list[Term]:
    """The terms of a question.

    Raises:
        InvalidQueryError: It holds no word to look for, or too many.
    """
    terms = []
    for minus, quoted, bare in _TERM.findall(question):
        words = tuple(_WORD.findall((quoted or bare).lower()))
        if words:
            terms.append(Term(words, is_prefix=not quoted, is_excluded=bool(minus)))
    if not any(not term.is_excluded for term in terms):
        raise InvalidQueryError(field, f"{field} holds no word to look for: give one of letters or digits.")
    if sum(len(term.words) for term in terms) > MAX_WORDS:
        raise InvalidQueryError(field, f"{field} holds more than {MAX_WORDS} words: leave some out.")
    return terms


def holds(session: Session, model: Any, question: str, field: str = "q") -> ColumnElement[bool]:
    """Rows of a table whose text answers a question.

    Raises:
        InvalidQueryError: The question holds no word to look for, or too many.
    """
    terms = read_terms(question, field)
    if session.get_bind().dialect.name == "sqlite":
        index = f"search_{model.__tablename__}"
        found = select(literal_column("rowid", Integer)).select_from(table(index))
        return model.id.in_(found.where(sql_column(index).op("MATCH")(_fts5(terms))))
    return _vector(model).op("@@")(_tsquery(terms))


def ranked(session: Session, model: Any, question: str) -> Any:
    """Keys (`id`) of the rows whose text answers a question, each with its `rank`: larger is better.

    Raises:
        InvalidQueryError: The question holds no word to look for, or too many.
    """
    terms = read_terms(question)
    if session.get_bind().dialect.name == "sqlite":
        index = f"search_{model.__tablename__}"
        # The hidden column `rank` is bm25: negative, smallest for the best. The function itself is refused where the
        # database turns a subquery into a part of an aggregating one.
        rank = (-literal_column(f"{index}.rank", Float)).label("rank")
        found = select(literal_column("rowid", Integer).label("id"), rank).select_from(table(index))
        return found.where(sql_column(index).op("MATCH")(_fts5(terms))).subquery()
    rank = func.ts_rank(_vector(model), _tsquery(terms)).label("rank")
    return select(model.id, rank).where(_vector(model).op("@@")(_tsquery(terms))).subquery()


def _fts5(terms: list[Term]) -> str:
    def written(term: Term) -> str:
        # Words hold letters and digits alone, so that nothing in the quotation can end it.
        return f'"{" ".join(term.words)}"' + (" *" if term.is_prefix else "")

    wanted = " AND ".join(written(term) for term in terms if not term.is_excluded)
    refused = " OR ".join(written(term) for term in terms if term.is_excluded)
    return f"({wanted}) NOT ({refused})" if refused else wanted


def _tsquery(terms: list[Term]) -> Any:
    def written(term: Term) -> str:
        *first, last = [f"'{word}'" for word in term.words]
        return (
            "!" if term.is_excluded else ""
        ) + f"({' <-> '.join([*first, last + (':*' if term.is_prefix else '')])})"

    return func.to_tsquery(text("'simple'::regconfig"), literal(" & ".join(written(term) for term in terms)))


def _vector(model: Any) -> Any:
    # Letter for letter the expression of the index, or PostgreSQL would not use it.
    name = model.__tablename__
    joined = " || ' ' || ".join(f"coalesce({name}.{column}, '')" for column in SEARCHED[model])
    return literal_column(f"to_tsvector('simple'::regconfig, headcat_words({joined}))")
