"""Layers × heads of one language model, filled with a metric, a detector's scores, verdicts or head types."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError, NotFoundError
from catalog.models import Detector, Finding, HeadScore, HeadScoreTable, HeadType, LanguageModel, Verification
from catalog.queries.finding import select_finding_rows
from catalog.queries.language_model import resolve_language_model
from catalog.queries.names import near_names
from catalog.queries.table_options import table_options
from catalog.vocabulary import Polarity, Status, Unit, Verdict


@dataclass(frozen=True, slots=True)
class ScoreGrid:
    """One table as layers × heads."""

    language_model: LanguageModel
    table: HeadScoreTable
    n_columns: int
    """Query heads, or key-value groups where the table counts those."""
    values: list[list[float | None]]
    """[layer][head]; None where the table has no number: not computed, never 0."""


@dataclass(frozen=True, slots=True)
class ClaimCell:
    """What is claimed of one head, and what came of it."""

    head_types: tuple[str, ...]
    """Slugs of the types that a source says the head is of."""
    denied_head_types: tuple[str, ...]
    """Slugs of the types that a source says it is not of."""
    circuit_roles: tuple[str, ...]
    n_findings: int
    verdicts: tuple[Verdict, ...]
    """Latest verdicts of the verified claims, without repetition."""


@dataclass(frozen=True, slots=True)
class ClaimGrid:
    """Claims and verdicts on the query heads of a language model."""

    language_model: LanguageModel
    cells: list[list[ClaimCell | None]]
    """[layer][head]; None where nobody claims anything."""


def get_score_grid(session: Session, language_model: str, table: str) -> ScoreGrid:
    """The grid of one table of a language model.

    Raises:
        NotFoundError: There is no such language model.
        InvalidQueryError: The language model has no such table.
    """
    model = resolve_language_model(session, language_model)
    tables = list_grid_tables(session, model)
    chosen = next((each for each in tables if each.slug == table), None)
    if chosen is None:
        near = near_names(table, [each.slug for each in tables])
        raise InvalidQueryError("table", f"{model.slug} has no head score table {table!r}.", near)
    return _fill(session, model, chosen)


def get_metric_grid(session: Session, language_model: str, metric: str) -> ScoreGrid:
    """The grid of a metric of a language model: of our latest run if there is one, else the first published table.

    Raises:
        NotFoundError: There is no such language model.
        InvalidQueryError: The language model has no table of this metric.
    """
    model = resolve_language_model(session, language_model)
    tables = list_grid_tables(session, model)
    matching = [each for each in tables if each.metric.slug == metric]
    if not matching:
        near = near_names(metric, {each.metric.slug for each in tables})
        raise InvalidQueryError("metric", f"{model.slug} has no head scores by the metric {metric!r}.", near)
    return _fill(session, model, max(matching, key=lambda each: (each.scan_run_id or 0, -each.id)))


def get_detector_grid(session: Session, language_model: str, detector: str) -> ScoreGrid:
    """The grid of what a detector's latest run measured on a language model.

    Raises:
        NotFoundError: There is no such language model or detector.
        InvalidQueryError: The detector did not run on this language model.
    """
    model = resolve_language_model(session, language_model)
    metric_ids = session.scalars(select(Detector.metric_id).where(Detector.slug == detector)).all()
    if not metric_ids:
        raise NotFoundError("detector", detector, near_names(detector, session.scalars(select(Detector.slug))))
    measured = [
        each
        for each in list_grid_tables(session, model)
        if each.scan_run_id is not None and each.metric_id in metric_ids
    ]
    if not measured:
        raise InvalidQueryError("detector", f"The detector {detector!r} has not run on {model.slug}.")
    return _fill(session, model, max(measured, key=lambda each: (each.scan_run_id or 0, each.id)))


def list_grid_tables(session: Session, language_model: LanguageModel) -> list[HeadScoreTable]:
    """Tables of a language model that can be drawn."""
    statement = (
        select(HeadScoreTable)
        .where(HeadScoreTable.language_model_id == language_model.id)
        .order_by(HeadScoreTable.slug)
        .options(*table_options())
    )
    return list(session.scalars(statement))


def get_claim_grid(session: Session, language_model: str, head_type: str | None = None) -> ClaimGrid:
    """Claims and verdicts on every query head of a language model; of one head type where it is named by slug.

    Raises:
        NotFoundError: There is no such language model.
    """
    model = resolve_language_model(session, language_model)
    statement = (
        select_finding_rows()
        .where(
            Finding.language_model_id == model.id,
            Finding.unit == Unit.QUERY_HEAD,
            Finding.status != Status.WITHDRAWN,
        )
        .with_only_columns(
            Finding.layer,
            Finding.head,
            HeadType.slug,
            Finding.polarity,
            Finding.circuit_role,
            Verification.verdict,
        )
        .order_by(Finding.id)
    )
    if head_type is not None:
        statement = statement.where(HeadType.slug == head_type)
    claims: dict[tuple[int, int], list[tuple[str | None, Polarity, str | None, Verdict | None]]] = defaultdict(list)
    for layer, head, slug, polarity, role, verdict in session.execute(statement):
        claims[layer, head].append((slug, Polarity(polarity), role, verdict))
    cells = [
        [_cell(claims[layer, head]) if (layer, head) in claims else None for head in range(model.n_heads)]
        for layer in range(model.n_layers)
    ]
    return ClaimGrid(model, cells)


def _cell(claims: list[tuple[str | None, Polarity, str | None, Verdict | None]]) -> ClaimCell:
    types: dict[Polarity, dict[str, None]] = {polarity: {} for polarity in Polarity}
    roles: dict[str, None] = {}
    verdicts: dict[Verdict, None] = {}
    for slug, polarity, role, verdict in claims:
        if slug is not None:
            types[polarity][slug] = None
        if role is not None:
            roles[role] = None
        if verdict is not None:
            verdicts[Verdict(verdict)] = None
    return ClaimCell(
        tuple(types[Polarity.IS]), tuple(types[Polarity.IS_NOT]), tuple(roles), len(claims), tuple(verdicts)
    )


def _fill(session: Session, model: LanguageModel, table: HeadScoreTable) -> ScoreGrid:
    n_columns = model.n_heads if table.unit == Unit.QUERY_HEAD else model.n_kv_heads or model.n_heads
    values: list[list[float | None]] = [[None] * n_columns for _ in range(model.n_layers)]
    statement = select(HeadScore.layer, HeadScore.head, HeadScore.score).where(HeadScore.table_id == table.id)
    for layer, head, score in session.execute(statement):
        values[layer][head] = score
    return ScoreGrid(model, table, n_columns, values)
