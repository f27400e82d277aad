"""Heads, language models or head types side by side: one row for each thing that is known of any of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.models import Finding
from catalog.notation import HeadRef
from catalog.queries.finding import FindingRow
from catalog.queries.head import HeadDetail, get_head
from catalog.queries.head_type import HeadTypeDetail, get_head_type, resolve_head_type
from catalog.queries.language_model import LanguageModelDetail, get_language_model
from catalog.queries.names import as_filter
from catalog.vocabulary import Verdict

MOST = 8
"""Things that are compared; more do not stand side by side on any screen."""

Value = str | int | float | None


class Compared(StrEnum):
    """What can be compared."""

    HEADS = "heads"
    LANGUAGE_MODELS = "language_models"
    HEAD_TYPES = "head_types"


@dataclass(frozen=True, slots=True)
class Subject:
    """One of the things compared."""

    name: str
    key: tuple[str, ...]
    """Steps of its address: collection, then names."""


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One property, with its value for each of the things; None where nothing is known."""

    group: str
    name: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Things side by side."""

    kind: Compared
    subjects: list[Subject]
    rows: list[ComparisonRow]


def compare(session: Session, kind: Compared, items: str) -> Comparison:
    """Two to eight things of one kind side by side.

    Args:
        session: Where to read.
        kind: What they are.
        items: Their names, separated by commas; a head is written `openai-community/gpt2:L5H1`.

    Raises:
        InvalidQueryError: A name stands for nothing or for several things, or the number of names does not fit.
    """
    names = [each.strip() for each in items.split(",")]
    if not 2 <= len(names) <= MOST or len(set(names)) < len(names):
        raise InvalidQueryError("items", f"Name two to {MOST} different things to compare, separated by commas.")
    return _COMPARED[kind](session, names)


def _heads(session: Session, names: Sequence[str]) -> Comparison:
    details = [as_filter("items", get_head, session, *_head_of(each)) for each in names]
    subjects = [
        Subject(
            f"{each.language_model.name} {each.head}",
            ("language-models", each.language_model.slug, "heads", str(each.head)),
        )
        for each in details
    ]
    depths = [each.head.layer / max(each.language_model.n_layers - 1, 1) for each in details]
    rows = [ComparisonRow("place", "relative depth", list(depths))]
    rows += _rows("claim", [dict(_claims(each.findings)) for each in details])
    rows += _rows(
        "circuit",
        [{each.circuit.name: each.role.slug if each.role else "member" for each in d.circuits} for d in details],
    )
    rows += _rows("score", [dict(_scores(each)) for each in details])
    rows += _rows("percentile", [dict(_percentiles(each)) for each in details])
    return Comparison(Compared.HEADS, subjects, rows)


def _head_of(text: str) -> tuple[str, HeadRef]:
    model, separator, head = text.rpartition(":")
    if not separator:
        raise InvalidQueryError("items", f"{text!r} names no head: write openai-community/gpt2:L5H1.")
    return model, HeadRef.parse(head)


def _claims(rows: Iterable[FindingRow]) -> Iterable[tuple[str, Value]]:
    """What is claimed of a head, by head type or role; sources that contradict each other stand side by side."""
    said: dict[str, dict[str, None]] = {}
    for row in rows:
        said.setdefault(_claimed(row.finding), {})[_outcome(row)] = None
    return [(name, "; ".join(each)) for name, each in said.items()]


def _claimed(finding: Finding) -> str:
    return finding.head_type.slug if finding.head_type else f"role {finding.circuit_role}"


def _outcome(row: FindingRow) -> str:
    verdict = row.latest_verification.verdict if row.latest_verification else "untested"
    return f"{row.finding.polarity}, {verdict}"


def _scores(detail: HeadDetail) -> Iterable[tuple[str, Value]]:
    return [(each.table.metric.slug, each.score.score) for each in detail.scores]


def _percentiles(detail: HeadDetail) -> Iterable[tuple[str, Value]]:
    return [(each.table.metric.slug, each.percentile) for each in detail.scores]


def _language_models(session: Session, names: Sequence[str]) -> Comparison:
    details = [as_filter("items", get_language_model, session, each) for each in names]
    models = [each.language_model for each in details]
    subjects = [Subject(each.name, ("language-models", each.slug)) for each in models]
    shape = (
        "family",
        "architecture",
        "revision",
        "n_parameters",
        "n_layers",
        "n_heads",
        "n_kv_heads",
        "d_model",
        "d_head",
    )
    rows = [ComparisonRow("shape", name, [getattr(each, name) for each in models]) for name in shape]
    rows.append(ComparisonRow("findings", "all", [each.n_findings for each in details]))
    rows += _rows("findings", [{t.slug: n for t, n in each.findings_by_head_type} for each in details])
    rows += _verdicts(details)
    rows.append(ComparisonRow("scores", "tables", [len(each.head_score_tables) for each in details]))
    return Comparison(Compared.LANGUAGE_MODELS, subjects, rows)


def _head_types(session: Session, names: Sequence[str]) -> Comparison:
    slugs = [as_filter("items", resolve_head_type, session, each).slug for each in names]
    details = [get_head_type(session, each) for each in slugs]
    types = [each.head_type for each in details]
    subjects = [Subject(each.name, ("head-types", each.slug)) for each in types]
    facts = ("definition", "input_feature", "output_feature", "task", "origin", "tier")
    rows = [ComparisonRow("definition", name, [getattr(each, name) for each in types]) for name in facts]
    stages = [", ".join(dict.fromkeys(a.stage.slug for a in each.assignments)) or None for each in details]
    rows.append(ComparisonRow("definition", "stages", list(stages)))
    detectors = [", ".join(dict.fromkeys(d.slug for d in each.detectors)) or None for each in details]
    rows.append(ComparisonRow("definition", "detectors", list(detectors)))
    rows.append(ComparisonRow("findings", "all", [each.n_findings for each in details]))
    rows += _rows("findings", [{m.slug: n for m, n in each.findings_by_language_model} for each in details])
    rows += _verdicts(details)
    return Comparison(Compared.HEAD_TYPES, subjects, rows)


def _verdicts(details: Sequence[HeadTypeDetail | LanguageModelDetail]) -> list[ComparisonRow]:
    return [
        ComparisonRow("verdict", verdict, [each.verdicts.get(verdict, 0) for each in details]) for verdict in Verdict
    ]


def _rows(group: str, known: Sequence[Mapping[str, Value]]) -> list[ComparisonRow]:
    """A row for each name that any of the things has; None where one has not."""
    names = sorted({name for each in known for name in each})
    return [ComparisonRow(group, name, [each.get(name) for each in known]) for name in names]


_COMPARED: Mapping[Compared, Callable[[Session, Sequence[str]], Comparison]] = {
    Compared.HEADS: _heads,
    Compared.LANGUAGE_MODELS: _language_models,
    Compared.HEAD_TYPES: _head_types,
}
