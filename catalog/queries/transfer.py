"""Whether a head type carries over: to other language models, tasks and prompts, and to the same depth.

One cell is a head type in one language model on one task, as one kind of prompts tested it. The prompts are those of
the detector of the latest re-run that counts. Ordinary text, on which the broad reading is judged, is another kind, and
a claim that nobody re-ran stands under no prompts. No cell is left out because its result is negative.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.models import Detector, Finding, HeadType, LanguageModel, Verification
from catalog.queries.citable import published
from catalog.queries.finding_filters import FindingFilters, conditions_of
from catalog.queries.latest import latest_id
from catalog.queries.page import Page, paginate, sort_field
from catalog.vocabulary import Polarity, Unit, Verdict

ORDINARY_TEXT = "natural_text"
"""The kind of prompts on which the broad reading is judged."""

WEIGHTS = "weights"
"""In the place of prompts where a detector reads none."""

SORTS: dict[str, Any] = {"head_type": HeadType.slug, "language_model": LanguageModel.slug}


class TransferQuery(FindingFilters):
    """Which cells to list, by the claims in them."""

    sort: str = sort_field(SORTS, "head_type")
    is_tested: bool | None = Field(default=None, description="Whether any of its claims has a re-run that counts.")


@dataclass(frozen=True, slots=True)
class TransferCell:
    """What came of one head type in one language model, on one task and one kind of prompts."""

    task: str
    prompts: str | None
    """Family of prompts, or `weights`; None where nobody re-ran the claims."""
    is_broad: bool
    """Whether the verdicts are on the broad reading."""
    n_claims: int
    verdicts: dict[Verdict, int]
    """Of each claim, by its latest re-run that counts."""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One head type in one language model."""

    head_type: HeadType
    language_model: LanguageModel
    cells: list[TransferCell]


@dataclass(frozen=True, slots=True)
class DepthsOfType:
    """Where in their language models the reproduced heads of a type lie: layer over the last layer, in [0, 1]."""

    head_type: HeadType
    by_language_model: list[tuple[LanguageModel, list[float]]]

    @property
    def depths(self) -> list[float]:
        """All of them, shallowest first."""
        return sorted(depth for _, depths in self.by_language_model for depth in depths)

    @property
    def quartiles(self) -> tuple[float, float, float] | None:
        """First, second and third; None for fewer than two heads."""
        depths = self.depths
        if len(depths) < 2:
            return None
        low, middle, high = quantiles(depths, n=4, method="inclusive")
        return low, middle, high


def find_transfer(session: Session, query: TransferQuery | None = None) -> Page[TransferRow]:
    """Head types by language models, each with its tasks and prompts.

    Raises:
        InvalidQueryError: A filter names something that does not exist, or sort or cursor cannot be used.
    """
    query = query or TransferQuery()
    conditions = [published(HeadType), *conditions_of(session, query)]
    if query.is_tested is not None:
        tested = Finding.latest_verdict.is_not(None)
        conditions.append(tested if query.is_tested else ~tested)
    statement = (
        select(HeadType, LanguageModel)
        .join(Finding, Finding.head_type_id == HeadType.id)
        .join(LanguageModel, LanguageModel.id == Finding.language_model_id)
        .where(*conditions)
        .group_by(HeadType.id, LanguageModel.id)
    )
    page = paginate(
        session, statement, query, sorts=SORTS, key=[HeadType.id, LanguageModel.id], read=lambda row: (row[0], row[1])
    )
    cells = _cells(session, conditions, page.items)
    rows = [TransferRow(kind, model, cells[kind.id, model.id]) for kind, model in page.items]
    return Page(rows, page.next_cursor, page.total)


def list_transfer(session: Session, query: TransferQuery) -> list[TransferRow]:
    """All rows of a query, page after page: for a table that is taken away whole."""
    rows: list[TransferRow] = []
    asked = query.model_copy(update={"limit": 500, "cursor": None})
    while True:
        page = find_transfer(session, asked)
        rows += page.items
        if page.next_cursor is None:
            return rows
        asked = asked.model_copy(update={"cursor": page.next_cursor})


def find_depths(session: Session, head_type: str | None = None) -> list[DepthsOfType]:
    """Relative depths of the heads of which a claim is reproduced by its latest re-run that counts, type by type.

    A head counts once for each type, however many sources claim it. Language models of one layer have no depth.

    Raises:
        InvalidQueryError: There is no such head type.
    """
    conditions = conditions_of(session, TransferQuery(head_type=head_type))
    statement = (
        select(HeadType, LanguageModel, Finding.layer, Finding.head, Finding.unit)
        .join(Finding, Finding.head_type_id == HeadType.id)
        .join(LanguageModel, LanguageModel.id == Finding.language_model_id)
        .where(
            published(HeadType),
            *conditions,
            Finding.polarity == Polarity.IS,
            # What heads do together says nothing of each of them.
            Finding.unit != Unit.HEAD_GROUP,
            Finding.latest_verdict == Verdict.REPRODUCED,
            LanguageModel.n_layers > 1,
        )
        .distinct()
        .order_by(HeadType.slug, LanguageModel.slug, Finding.layer, Finding.head)
    )
    types: dict[int, HeadType] = {}
    found: dict[int, dict[int, tuple[LanguageModel, list[float]]]] = defaultdict(dict)
    for kind, model, layer, _head, _unit in session.execute(statement):
        types[kind.id] = kind
        found[kind.id].setdefault(model.id, (model, []))[1].append(layer / (model.n_layers - 1))
    return [DepthsOfType(types[key], list(models.values())) for key, models in found.items()]


_Counted = dict[tuple[str, str | None, bool], dict[Verdict | None, int]]


def _cells(
    session: Session, conditions: Sequence[Any], pairs: Sequence[tuple[HeadType, LanguageModel]]
) -> dict[tuple[int, int], list[TransferCell]]:
    prompts = Detector.spec["prompts"].as_string()
    statement = (
        select(
            Finding.head_type_id,
            Finding.language_model_id,
            Finding.task,
            prompts,
            Verification.verdict,
            Verification.broad_verdict,
            func.count(),
        )
        .select_from(Finding)
        .join(HeadType, HeadType.id == Finding.head_type_id)
        .outerjoin(Verification, Verification.id == latest_id())
        .outerjoin(Detector, Detector.id == Verification.detector_id)
        .where(
            *conditions,
            Finding.head_type_id.in_({kind.id for kind, _ in pairs}),
            Finding.language_model_id.in_({model.id for _, model in pairs}),
        )
        .group_by(
            Finding.head_type_id,
            Finding.language_model_id,
            Finding.task,
            prompts,
            Verification.verdict,
            Verification.broad_verdict,
        )
    )
    found: dict[tuple[int, int], _Counted] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for type_id, model_id, task, family, verdict, broad, n in session.execute(statement):
        assert type_id is not None, "joined with its head type"
        counted = found[type_id, model_id]
        if verdict is None:
            counted[task, None, False][None] += n
            continue
        counted[task, family or WEIGHTS, False][Verdict(verdict)] += n
        if broad is not None:
            counted[task, ORDINARY_TEXT, True][Verdict(broad)] += n
    return {pair: list(_as_cells(counted)) for pair, counted in found.items()}


def _as_cells(counted: _Counted) -> Iterable[TransferCell]:
    for (task, prompts, is_broad), verdicts in sorted(
        counted.items(), key=lambda item: (item[0][0], item[0][1] is None, item[0][1] or "", item[0][2])
    ):
        yield TransferCell(
            task,
            prompts,
            is_broad,
            sum(verdicts.values()),
            {verdict: verdicts[verdict] for verdict in Verdict if verdicts.get(verdict)},
        )
