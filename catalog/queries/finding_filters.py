"""What can be asked of claims in a query, and the conditions that it gives."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from catalog.models import Finding
from catalog.queries.moment import end_of, moment
from catalog.queries.page import PageRequest
from catalog.queries.search.expression import Asked, applied
from catalog.queries.search.finding_fields import FINDING_FIELDS
from catalog.vocabulary import Confidence, Polarity, SourceKind, Stage, Status, Unit

VerdictFilter = Literal[
    "reproduced", "partially_reproduced", "not_reproduced", "inconclusive", "not_applicable", "error", "untested"
]


class FindingFilters(PageRequest):
    """What can be asked of claims, and of the heads that they are about."""

    q: str | None = Field(
        default=None,
        max_length=200,
        description='Words in published name, task, scope, locator or note; all must occur, `"in quotation marks"` as '
        "they stand, and `-word` must not.",
    )
    language_model: str | None = Field(
        default=None, max_length=200, description="Hub id (all revisions) or slug of the language model."
    )
    family: str | None = Field(default=None, max_length=64, description="Family of the language model, as `gpt`.")
    head_type: str | None = Field(default=None, max_length=128, description="Slug or any published name of a type.")
    circuit_role: str | None = Field(default=None, max_length=64, description="Role in a circuit.")
    stage: Stage | None = Field(
        default=None, description="Recorded with the claim, or assigned to its head type by any source."
    )
    paper: str | None = Field(default=None, max_length=96, description="Slug of the source.")
    year_gte: int | None = Field(default=None, ge=1900, le=2100, description="Earliest year of the source.")
    year_lte: int | None = Field(default=None, ge=1900, le=2100, description="Latest year of the source.")
    layer: int | None = Field(default=None, ge=0, lt=10000, description="Layer, from zero.")
    head: int | None = Field(default=None, ge=0, lt=10000, description="Head of the layer, from zero.")
    depth_gte: float | None = Field(
        default=None, ge=0, le=1, description="Smallest relative depth: layer over the last layer, in [0, 1]."
    )
    depth_lte: float | None = Field(default=None, ge=0, le=1, description="Largest relative depth.")
    unit: Unit | None = Field(default=None, description="What the head index counts.")
    polarity: Polarity | None = Field(default=None, description="Whether the source says is, or is not.")
    method: str | None = Field(default=None, max_length=64, description="Slug of the method.")
    metric: str | None = Field(default=None, max_length=96, description="Slug of the metric.")
    task: str | None = Field(default=None, max_length=200, description="Text in the task.")
    source_kind: SourceKind | None = Field(default=None, description="What was read to record the claim.")
    confidence: Confidence | None = Field(default=None, description="How sure the reading is.")
    status: Status | None = Field(default=None, description="Standing of the entry.")
    verdict: VerdictFilter | None = Field(
        default=None, description="Verdict of the latest verification, or `untested` where there is none."
    )
    grade_gte: int | None = Field(
        default=None,
        ge=0,
        le=4,
        description="Lowest evidence grade by the latest verification; untested claims have 0.",
    )
    detector: str | None = Field(default=None, max_length=64, description="Detector of the latest verification.")
    score_gte: float | None = Field(
        default=None, allow_inf_nan=False, description="Smallest score that the latest verification measured."
    )
    score_lte: float | None = Field(default=None, allow_inf_nan=False, description="Largest such score.")
    value_gte: float | None = Field(default=None, allow_inf_nan=False, description="Smallest published value.")
    value_lte: float | None = Field(default=None, allow_inf_nan=False, description="Largest published value.")
    verified_from: date | None = Field(default=None, description="Latest verification on this day, UTC, or later.")
    verified_to: date | None = Field(default=None, description="Latest verification on this day, UTC, or earlier.")
    recorded_from: date | None = Field(default=None, description="First frozen here on this day, UTC, or later.")
    recorded_to: date | None = Field(default=None, description="First frozen here on this day, UTC, or earlier.")


AS_OF = (
    "The catalog at the end of this day, UTC: entries frozen here until then, with the version and the latest "
    "verification of then. It knows what this catalog froze and ran and when; all other fields, and the filters, are "
    "those of the present version, and what was withdrawn since is left out."
)

_CONDITIONS: dict[str, tuple[str, str]] = {
    **{
        name: (name, "eq")
        for name in (
            "language_model",
            "family",
            "head_type",
            "circuit_role",
            "stage",
            "paper",
            "layer",
            "head",
            "unit",
            "polarity",
            "method",
            "metric",
            "source_kind",
            "confidence",
            "status",
            "verdict",
            "detector",
        )
    },
    **{f"{name}_{op}": (name, op) for name in ("year", "depth", "grade", "score", "value") for op in ("gte", "lte")},
    "q": ("text", "matches"),
    "task": ("task", "contains"),
    "verified_from": ("verified", "gte"),
    "verified_to": ("verified", "lte"),
    "recorded_from": ("recorded", "gte"),
    "recorded_to": ("recorded", "lte"),
}
"""Parameter → the field of `FINDING_FIELDS` and the operator that it stands for."""


def conditions_of(session: Session, query: FindingFilters, as_of: datetime | None = None) -> list[ColumnElement[bool]]:
    """What the filters ask for; withdrawn claims only where they ask for those.

    Raises:
        InvalidQueryError: A filter names something that does not exist.
    """
    found = []
    for parameter, (name, op) in _CONDITIONS.items():
        value = getattr(query, parameter, None)
        if value is None:
            continue
        if isinstance(value, date):
            value = end_of(value) if op == "lte" else moment(value, parameter)
        found.append(applied(FINDING_FIELDS[name], op, [value], Asked(session, parameter, as_of)))
    if query.status != Status.WITHDRAWN:
        found.append(Finding.status != Status.WITHDRAWN)
    return found
