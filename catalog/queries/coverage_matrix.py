"""What was tested where: one cell for each head type and language model on which something is claimed.

A cell that is not there says that nobody claims anything: no gap is shown as a result.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.models import Finding, HeadScoreTable, HeadType, LanguageModel, Verification
from catalog.queries.citable import published
from catalog.queries.finding_filters import FindingFilters, conditions_of
from catalog.queries.latest import latest_id
from catalog.queries.page import Page, paginate, sort_field
from catalog.vocabulary import Polarity, Verdict

SORTS: dict[str, Any] = {"head_type": HeadType.slug, "language_model": LanguageModel.slug}


class CoverageQuery(FindingFilters):
    """Which cells to list, by the claims in them."""

    sort: str = sort_field(SORTS, "head_type")
    has_scores: bool | None = Field(
        default=None, description="Whether there is a table of scores of the language model's heads."
    )


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """The claims on one head type in one language model that meet the query."""

    head_type: HeadType
    language_model: LanguageModel
    n_findings: int
    n_is: int
    n_is_not: int
    n_untested: int
    verdicts: dict[Verdict, int]
    """Latest verdict of each tested claim, counted."""


def find_coverage(session: Session, query: CoverageQuery | None = None) -> Page[CoverageCell]:
    """Cells of head type and language model with a claim that matches a query.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or CoverageQuery()
    conditions = [published(HeadType), *conditions_of(session, query)]
    if query.has_scores is not None:
        scored = Finding.language_model_id.in_(select(HeadScoreTable.language_model_id))
        conditions.append(scored if query.has_scores else ~scored)
    statement = (
        select(HeadType, LanguageModel)
        .join(Finding, Finding.head_type_id == HeadType.id)
        .join(LanguageModel, LanguageModel.id == Finding.language_model_id)
        .where(*conditions)
        .group_by(HeadType.id, LanguageModel.id)
    )
    page = paginate(
        session,
        statement,
        query,
        sorts=SORTS,
        key=[HeadType.id, LanguageModel.id],
        read=lambda row: (row[0], row[1]),
    )
    counts = _counts(session, conditions, page.items)
    cells = [_cell(head_type, model, counts[head_type.id, model.id]) for head_type, model in page.items]
    return Page(cells, page.next_cursor, page.total)


_Counts = dict[tuple[Polarity, Verdict | None], int]


def _counts(session: Session, conditions: list[Any], cells: list[Any]) -> dict[tuple[int, int], _Counts]:
    types, models = {each[0].id for each in cells}, {each[1].id for each in cells}
    statement = (
        select(Finding.head_type_id, Finding.language_model_id, Finding.polarity, Verification.verdict, func.count())
        .select_from(Finding)
        .join(HeadType, HeadType.id == Finding.head_type_id)
        .outerjoin(Verification, Verification.id == latest_id())
        .where(*conditions, Finding.head_type_id.in_(types), Finding.language_model_id.in_(models))
        .group_by(Finding.head_type_id, Finding.language_model_id, Finding.polarity, Verification.verdict)
    )
    found: dict[tuple[int, int], _Counts] = defaultdict(dict)
    for row in session.execute(statement):
        type_id, model_id, polarity, verdict, n = row
        assert type_id is not None, "joined with its head type"
        found[type_id, model_id][Polarity(polarity), Verdict(verdict) if verdict else None] = n
    return found


def _cell(head_type: HeadType, model: LanguageModel, counts: _Counts) -> CoverageCell:
    by_polarity: Counter[Polarity] = Counter()
    by_verdict: Counter[Verdict | None] = Counter()
    for (polarity, verdict), n in counts.items():
        by_polarity[polarity] += n
        by_verdict[verdict] += n
    return CoverageCell(
        head_type=head_type,
        language_model=model,
        n_findings=by_polarity.total(),
        n_is=by_polarity[Polarity.IS],
        n_is_not=by_polarity[Polarity.IS_NOT],
        n_untested=by_verdict[None],
        verdicts={verdict: by_verdict[verdict] for verdict in Verdict if by_verdict[verdict]},
    )
