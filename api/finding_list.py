"""Findings as JSON, made without a record object for each row.

A list of claims is the question that is asked most, and fifty records with their nine named records each cost more
than the database does. So the columns are read plainly, and the named records (paper, language model, head type …)
come from `named_records`. `FindingRecord` states the shape; a test holds each item against it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from api.named_records import NamedRecords, References
from api.schemas.base import Links, as_json
from api.schemas.finding import FindingRecord, VerificationSummary
from catalog import models
from catalog.queries.finding import versions_as_of
from catalog.queries.latest import latest_id
from catalog.vocabulary import SourceKind, Unit

Values = Sequence[Any]
"""Columns of a row, in the order of its statement."""

OF_FINDING = ("paper", "language_model", "head_type", "method", "metric", "stage", "head_score_table")
"""Records that a finding names, by field."""

OF_VERIFICATION = ("detector", "scan_run")
"""Records that a re-run names, by field."""


def _own(model: Any, schema: Any) -> tuple[str, ...]:
    """Fields that are a column of the same name."""
    return tuple(name for name in schema.model_fields if name in model.__table__.columns)


_FINDING = _own(models.Finding, FindingRecord)
_VERIFICATION = _own(models.Verification, VerificationSummary)

# A row is: key, own columns of the finding, keys of the records that it names; the same of the re-run.
_ID = 0
_KEYS = 1 + len(_FINDING)
_END = _KEYS + len(OF_FINDING)
_AT = {name: 1 + place for place, name in enumerate(_FINDING)}
_AT |= {f"{name}_id": _KEYS + place for place, name in enumerate(OF_FINDING)}
_READ = ("accession", "layer", "head", "group_heads", "unit", "language_model_id", "source_kind", "version")


def finding_columns() -> list[Any]:
    """What is read of a finding."""
    finding = models.Finding.__table__.c
    return [finding.id, *(finding[name] for name in _FINDING), *(finding[f"{name}_id"] for name in OF_FINDING)]


def rerun_columns() -> list[Any]:
    """What is read of a re-run."""
    rerun = models.Verification.__table__.c
    return [*(rerun[name] for name in _VERIFICATION), *(rerun[f"{name}_id"] for name in OF_VERIFICATION)]


def finding_items(
    session: Session,
    ids: Sequence[int],
    named: NamedRecords,
    links: Links,
    *,
    revision: str | None,
    as_of: datetime | None = None,
    fields: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Findings by their keys, in the order of these, ready to be written.

    Args:
        session: Where to read.
        ids: Keys of the findings.
        named: What is kept of the records that they name.
        links: Addresses.
        revision: The state that the session reads.
        as_of: Moment whose versions and re-runs are shown.
        fields: Fields to hold; all where none are named.
    """
    wanted = tuple(FindingRecord.model_fields) if fields is None else tuple(fields)
    with_rerun = "latest_verification" in wanted
    found = session.execute(_statement(with_rerun, as_of), {"ids": list(ids)})
    by_id = {row[_ID]: tuple(row) for row in found}
    rows = [by_id[each] for each in ids]
    refs = named.references(session, revision)
    refs.load({name: _keys(rows, _KEYS + place) for place, name in enumerate(OF_FINDING)})
    if with_rerun:
        at = _END + len(_VERIFICATION)
        refs.load({name: _keys(rows, at + place) for place, name in enumerate(OF_VERIFICATION)})
    versions = {} if as_of is None else versions_as_of(session, [row[_AT["accession"]] for row in rows], as_of)
    make = item_maker(wanted, refs, links.to(""), versions)
    return [make(row) for row in rows]


def written_findings(
    session: Session, ids: Sequence[int], named: NamedRecords, links: Links, *, revision: str | None
) -> bytes:
    """Whole findings by their keys as one JSON list, in the order of these.

    Those that were written before in this state of the catalog are not read again.
    """
    kept = named.references(session, revision).kept
    known = kept.written
    missing = [each for each in ids if each not in known]
    fresh = {}
    if missing:
        items = finding_items(session, missing, named, links, revision=revision)
        fresh = {each: as_json(item) for each, item in zip(missing, items, strict=True)}
        for each, content in fresh.items():
            kept.keep_written(each, content)
    return b"[" + b",".join([fresh.get(each) or known[each] for each in ids]) + b"]"


def _keys(rows: Sequence[Values], place: int) -> set[int]:
    return {row[place] for row in rows if row[place] is not None}


@lru_cache(maxsize=16)
def _statement(with_rerun: bool, as_of: datetime | None) -> Select[Any]:
    """The statement is the same for every page of a day, and building it costs more than answering it."""
    columns, source = finding_columns(), models.Finding.__table__
    if with_rerun:
        rerun: Any = models.Verification.__table__
        columns += rerun_columns()
        joined: Any = source.outerjoin(rerun, rerun.c.id == latest_id(as_of))
    else:
        joined = source
    return select(*columns).select_from(joined).where(source.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _template(wanted: tuple[str, ...]) -> dict[str, Any]:
    """The fields in their order; filling a copy of it keeps that."""
    return dict.fromkeys(wanted)


def item_maker(
    wanted: tuple[str, ...], refs: References, root: str, versions: Mapping[str, int]
) -> Callable[[Values], dict[str, Any]]:
    """The function that makes an item of a row.

    Args:
        wanted: Fields of the item.
        refs: The records that the rows name, loaded.
        root: Address under which all records are, with a slash at its end.
        versions: Versions to show, by accession; the row's own where it is not among them.
    """
    template = _template(wanted)
    own = [(name, _AT[name]) for name in wanted if name in _AT]
    named = [(name, _AT[f"{name}_id"], refs.records[name]) for name in wanted if name in OF_FINDING]
    made = [(name, step) for name, step in _made(refs, root, versions).items() if name in template]

    def item(row: Values) -> dict[str, Any]:
        filled = template.copy()
        for name, place in own:
            filled[name] = row[place]
        for name, place, records in named:
            filled[name] = records.get(row[place])
        for name, step in made:
            filled[name] = step(row)
        return filled

    return item


def _made(refs: References, root: str, versions: Mapping[str, int]) -> dict[str, Callable[[Values], Any]]:
    """How the fields are made that are neither a column nor a record."""
    accession, layer, head, group, unit, model, kind, version = (_AT[name] for name in _READ)

    def shown(row: Values) -> int:
        return versions.get(row[accession], row[version]) if versions else row[version]

    def frozen(row: Values) -> str:
        return f"{root}entries/{row[accession]}.v{shown(row)}"

    def head_url(row: Values) -> str:
        number = row[head]
        if row[unit] == Unit.KV_GROUP:
            # A group is no query head: its first one stands for it, and shows claims on the group.
            number *= refs.group_sizes[row[model]]
        return f"{refs.records['language_model'][row[model]]['url']}/heads/L{row[layer]}H{number}"

    return {
        "version": shown,
        "url": lambda row: f"{root}findings/{row[accession]}",
        "version_url": frozen,
        "cite_url": lambda row: f"{frozen(row)}/bibtex",
        "name": lambda row: row[group] or f"L{row[layer]}H{row[head]}",
        "confidence": lambda row: _CONFIDENCE[row[kind]],
        "head_url": head_url,
        "latest_verification": lambda row: rerun_item(row, refs, root, _END) if len(row) > _END else None,
    }


def rerun_item(row: Values, refs: References, root: str, start: int = 0) -> dict[str, Any] | None:
    """The short form of a re-run, whose columns begin at some place of a row; None where there is none."""
    keys = start + len(_VERIFICATION)
    columns = dict(zip(_VERIFICATION, row[start:keys], strict=True))
    if columns["accession"] is None:
        return None
    filled = _template(tuple(VerificationSummary.model_fields)).copy()
    filled.update(columns)
    for place, name in enumerate(OF_VERIFICATION):
        filled[name] = refs.records[name][row[keys + place]]
    filled["url"] = f"{root}verifications/{columns['accession']}"
    return filled


_CONFIDENCE = {str(kind): str(kind.confidence) for kind in SourceKind}
