"""What can be asked of a claim. The list's filters and the search expression are the same conditions."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Float, and_, cast, func, or_, select

from catalog.errors import InvalidQueryError
from catalog.models import (
    EntryVersion,
    Finding,
    LanguageModel,
    Method,
    Paper,
    Stage,
    StageAssignment,
    Verification,
)
from catalog.queries.detector import ids_of_detector
from catalog.queries.full_text import holds
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model, list_families
from catalog.queries.latest import is_untested, latest_is, latest_value
from catalog.queries.metric import ids_of_metric
from catalog.queries.names import as_filter, id_of, near_names
from catalog.queries.search.expression import Asked, Fields, Kind, SearchField
from catalog.vocabulary import Confidence, Polarity, SourceKind, Status, Unit, Verdict
from catalog.vocabulary import Stage as StageName

UNTESTED = "untested"
"""Filter value for claims that nobody re-ran; no verdict, since such a claim has no verification."""

Found = TypeVar("Found")

KEPT_NAMES = "kept_names"
"""In `Session.info`: a mapping of names that were resolved before, from whoever knows that they still hold."""

MOST_KEPT_NAMES = 10_000


def named(asked: Asked, resolve: Callable[..., Found], *args: Any) -> Found:
    """A record that a value names.

    Raises:
        InvalidQueryError: It names none, or several.
    """
    kept = asked.session.info.get(KEPT_NAMES)
    if kept is None:
        return as_filter(asked.at, resolve, asked.session, *args)
    found: Found = kept.get((resolve, args))
    if found is None:
        found = as_filter(asked.at, resolve, asked.session, *args)
        if len(kept) < MOST_KEPT_NAMES:
            kept[resolve, args] = found
    return found


def _head_type(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.head_type_id == named(asked, resolve_head_type, value).id


def _language_model(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.language_model_id.in_(named(asked, ids_of_language_model, value))


def models_of_family(asked: Asked, value: str) -> Any:
    """Keys of the language models of a family.

    Raises:
        InvalidQueryError: No language model is of this family; carries near names.
    """
    families = named(asked, list_families)
    if value not in families:
        raise InvalidQueryError(asked.at, f"There is no family named {value!r}.", near_names(value, families))
    return select(LanguageModel.id).where(LanguageModel.family == value)


def _family(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.language_model_id.in_(models_of_family(asked, value))


def _paper(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.paper_id == named(asked, id_of, "paper", value, Paper.slug)


def _method(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.method_id == named(asked, id_of, "method", value, Method.slug)


def _metric(asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.metric_id.in_(named(asked, ids_of_metric, value))


def _stage(_asked: Asked, value: str) -> ColumnElement[bool]:
    wanted = select(Stage.id).where(Stage.slug == value)
    assigned = select(StageAssignment.head_type_id).where(StageAssignment.stage_id.in_(wanted))
    # A null head type would make the whole condition unknown, and `not` of it would lose the row.
    return or_(func.coalesce(Finding.stage_id, 0).in_(wanted), func.coalesce(Finding.head_type_id, 0).in_(assigned))


def _confidence(_asked: Asked, value: str) -> ColumnElement[bool]:
    return Finding.source_kind.in_([kind for kind in SourceKind if kind.confidence == value])


def _verdict(asked: Asked, value: str) -> ColumnElement[bool]:
    if asked.as_of is None:
        if value == UNTESTED:
            return Finding.latest_verdict.is_(None)
        # The first part makes the condition false, not unknown, for an untested claim, so that `not` of it finds that.
        return and_(Finding.latest_verdict.is_not(None), Finding.latest_verdict == Verdict(value))
    if value == UNTESTED:
        return is_untested(asked.as_of)
    return latest_is(Verification.verdict == Verdict(value), asked.as_of)


def _detector(asked: Asked, value: str) -> ColumnElement[bool]:
    return latest_is(Verification.detector_id.in_(named(asked, ids_of_detector, value)), asked.as_of)


def _words(asked: Asked, value: str) -> ColumnElement[bool]:
    return holds(asked.session, Finding, value, asked.at)


def _depth(_asked: Asked) -> Any:
    model = select(func.nullif(LanguageModel.n_layers - 1, 0)).where(LanguageModel.id == Finding.language_model_id)
    # A model of one layer has no depth to speak of: its layer is the first.
    return func.coalesce(cast(Finding.layer, Float) / model.correlate(Finding).scalar_subquery(), 0.0)


def _year(_asked: Asked) -> Any:
    return select(Paper.year).where(Paper.id == Finding.paper_id).correlate(Finding).scalar_subquery()


def _recorded(_asked: Asked) -> Any:
    first = select(func.min(EntryVersion.created_at)).where(EntryVersion.accession == Finding.accession)
    return first.correlate(Finding).scalar_subquery()


def _latest(column: Any) -> Callable[[Asked], Any]:
    return lambda asked: latest_value(column, asked.as_of)


def _own(column: Any) -> Callable[[Asked], Any]:
    return lambda _asked: column


FINDING_FIELDS: Fields = {
    "accession": SearchField(Kind.TEXT, "Permanent accession.", _own(Finding.accession)),
    "head_type": SearchField(
        Kind.NAME,
        "Slug or any published name of a head type; absent where a role in a circuit is claimed.",
        _own(Finding.head_type_id),
        _head_type,
        is_nullable=True,
    ),
    "circuit_role": SearchField(
        Kind.TEXT,
        "Role in a circuit; absent where a head type is claimed.",
        _own(Finding.circuit_role),
        is_nullable=True,
    ),
    "stage": SearchField(
        Kind.CHOICE,
        "Stage recorded with the claim, or assigned to its head type by any source.",
        member=_stage,
        choices=tuple(StageName),
    ),
    "language_model": SearchField(Kind.NAME, "Hub id (all revisions) or slug.", member=_language_model),
    "family": SearchField(Kind.NAME, "Family of the language model, as `gpt`.", member=_family),
    "layer": SearchField(Kind.WHOLE, "Layer, from zero.", _own(Finding.layer)),
    "head": SearchField(Kind.WHOLE, "Head of the layer, from zero.", _own(Finding.head)),
    "depth": SearchField(Kind.NUMBER, "Layer over the last layer of the language model, in [0, 1].", _depth),
    "unit": SearchField(Kind.CHOICE, "What the head index counts.", _own(Finding.unit), choices=tuple(Unit)),
    "polarity": SearchField(
        Kind.CHOICE, "Whether the source says is, or is not.", _own(Finding.polarity), choices=tuple(Polarity)
    ),
    "paper": SearchField(Kind.NAME, "Slug of the source.", member=_paper),
    "year": SearchField(Kind.WHOLE, "Year of the source; absent where unknown.", _year, is_nullable=True),
    "method": SearchField(
        Kind.NAME,
        "Slug of the method; absent where the source does not say.",
        _own(Finding.method_id),
        _method,
        is_nullable=True,
    ),
    "metric": SearchField(
        Kind.NAME, "Slug of the metric of the published value.", _own(Finding.metric_id), _metric, is_nullable=True
    ),
    "value": SearchField(Kind.NUMBER, "Published value; absent where none.", _own(Finding.value), is_nullable=True),
    "source_kind": SearchField(
        Kind.CHOICE, "What was read to record the claim.", _own(Finding.source_kind), choices=tuple(SourceKind)
    ),
    "confidence": SearchField(Kind.CHOICE, "How sure the reading is.", member=_confidence, choices=tuple(Confidence)),
    "status": SearchField(Kind.CHOICE, "Standing of the entry.", _own(Finding.status), choices=tuple(Status)),
    "verdict": SearchField(
        Kind.CHOICE, "Verdict of the latest re-run, or `untested`.", member=_verdict, choices=(*Verdict, UNTESTED)
    ),
    "grade": SearchField(
        Kind.WHOLE,
        "Evidence grade by the latest re-run; 0 where untested.",
        lambda asked: func.coalesce(latest_value(Verification.grade, asked.as_of), 0),
    ),
    "score": SearchField(
        Kind.NUMBER,
        "What the latest re-run measured; absent where it measured nothing.",
        _latest(Verification.score),
        is_nullable=True,
    ),
    "detector": SearchField(Kind.NAME, "Slug of the detector of the latest re-run.", member=_detector),
    "verified": SearchField(
        Kind.MOMENT,
        "When the latest re-run was recorded; absent where untested.",
        _latest(Verification.created_at),
        is_nullable=True,
    ),
    "recorded": SearchField(
        Kind.MOMENT,
        "When this catalog first froze the entry; absent where it never did.",
        _recorded,
        is_nullable=True,
    ),
    "published_name": SearchField(Kind.TEXT, "What the source calls the head.", _own(Finding.published_name)),
    "task": SearchField(Kind.TEXT, "Task on which it was found.", _own(Finding.task)),
    "text": SearchField(Kind.WORDS, "Words of published name, task, scope, locator or note.", member=_words),
}
"""Fields of findings."""
