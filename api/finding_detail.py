"""One finding as JSON, made without record objects; `FindingDetailRecord` states the shape, a test holds it to that."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from api.finding_list import OF_FINDING, OF_VERIFICATION, finding_columns, item_maker, rerun_columns, rerun_item
from api.named_records import NamedRecords, References
from api.schemas.assessment import AssessmentRecord
from api.schemas.base import Links
from api.schemas.finding import FindingDetailRecord
from catalog.models import Finding, Verification
from catalog.queries.assessment import assess_keys
from catalog.queries.citable import accession_of
from catalog.queries.finding import get_finding
from catalog.vocabulary import EntryKind, Maturity, Status, Unit

_FIELDS = tuple(
    name for name in FindingDetailRecord.model_fields if name not in ("verifications", "assessment", "same_head")
)
_FINDING: Any = Finding.__table__
_RERUN: Any = Verification.__table__


def finding_detail(session: Session, accession: str, named: NamedRecords, revision: str | None) -> dict[str, Any]:
    """One claim with everything that bears on it, ready to be written.

    Raises:
        InvalidNotationError: The text is no accession of a finding.
        NotFoundError: There is no such finding.
        WithdrawnError: It was withdrawn.
    """
    wanted = accession_of(EntryKind.FINDING, accession)
    row = session.execute(_finding(), {"accession": wanted}).first()
    if row is None:
        # It knows why, and which accessions are near.
        get_finding(session, accession)
    assert row is not None, "refused above"
    reruns = session.execute(_reruns(), {"finding": row.id}).all()
    place = {"model": row.language_model_id, "unit": row.unit, "layer": row.layer, "head": row.head, "id": row.id}
    place["group"] = row.group_heads or ""
    others = session.execute(_same_head(), place).all()
    refs = named.references(session, revision)
    refs.load({name: _keys(f"{name}_id", [row, *others]) for name in OF_FINDING})
    refs.load({name: _keys(f"{name}_id", reruns) for name in OF_VERIFICATION})
    root = refs.links.to("")
    made = item_maker(_FIELDS, refs, root, {})(row)
    verifications = [rerun_item(each, refs, root) for each in reruns]
    made["latest_verification"] = next(
        (each for each in verifications if each is not None and each["detector"]["maturity"] != Maturity.FAULTY), None
    )
    made["verifications"] = verifications
    made["assessment"] = _assessment(session, row, refs.links)
    made["same_head"] = [_claim(each, refs, root) for each in others]
    return made


def _keys(name: str, rows: Any) -> set[int]:
    return {key for key in (getattr(row, name, None) for row in rows) if key is not None}


def _claim(row: Any, refs: References, root: str) -> dict[str, Any]:
    """A claim as `FindingRef` names it."""
    return {
        "accession": row.accession,
        "head": row.group_heads or f"L{row.layer}H{row.head}",
        "unit": row.unit,
        "polarity": row.polarity,
        "head_type": refs.records["head_type"].get(row.head_type_id),
        "circuit_role": row.circuit_role,
        "language_model": refs.records["language_model"][row.language_model_id],
        "paper": refs.records["paper"][row.paper_id],
        "url": f"{root}findings/{row.accession}",
    }


def _assessment(session: Session, row: Any, links: Links) -> dict[str, Any] | None:
    if row.head_type_id is None or row.unit == Unit.HEAD_GROUP:
        return None
    place = (row.language_model_id, str(row.unit), row.layer, row.head, row.head_type_id)
    return AssessmentRecord.of(assess_keys(session, [place])[0], links).model_dump(mode="json")


# Statements are built once: building one takes longer than running it.
@cache
def _finding() -> Select[Any]:
    stands = _FINDING.c.status != Status.WITHDRAWN
    return select(*finding_columns()).where(_FINDING.c.accession == bindparam("accession"), stands)


@cache
def _reruns() -> Select[Any]:
    stands = _RERUN.c.status != Status.WITHDRAWN
    of_finding = _RERUN.c.finding_id == bindparam("finding")
    return select(*rerun_columns()).where(of_finding, stands).order_by(_RERUN.c.id.desc())


@cache
def _same_head() -> Select[Any]:
    names = "accession layer head group_heads unit polarity circuit_role head_type_id language_model_id paper_id"
    return (
        select(*(_FINDING.c[name] for name in names.split()))
        .where(
            _FINDING.c.language_model_id == bindparam("model"),
            _FINDING.c.unit == bindparam("unit"),
            _FINDING.c.layer == bindparam("layer"),
            _FINDING.c.head == bindparam("head"),
            func.coalesce(_FINDING.c.group_heads, "") == bindparam("group"),
            _FINDING.c.id != bindparam("id"),
            _FINDING.c.status != Status.WITHDRAWN,
        )
        .order_by(_FINDING.c.id)
    )
