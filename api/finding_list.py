"""Findings as a list's JSON, made without a record object for each row.

A list of claims is the question that is asked most, and fifty records with their nine named records each cost more
than the database does. So the columns are read plainly, and the named records (paper, language model, head type …)
are written once for each state of the catalog and kept. `FindingRecord` states the shape; a test holds each item
against it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from api.schemas.base import Links
from api.schemas.finding import FindingRecord, VerificationSummary
from api.schemas.refs import (
    DetectorRef,
    HeadScoreTableRef,
    HeadTypeRef,
    LanguageModelRef,
    MethodRef,
    MetricRef,
    PaperRef,
    StageRef,
)
from api.schemas.scan_run import ScanRunRef
from catalog import models
from catalog.queries.finding import versions_as_of
from catalog.queries.latest import latest_id
from catalog.vocabulary import SourceKind, Unit

Row = Mapping[str, Any]

MOST_KEPT = 20_000
"""Named records of one kind that are kept; beyond that they are forgotten and read again."""

_NAMED: Mapping[str, tuple[Any, Any]] = {
    "paper": (models.Paper, PaperRef),
    "language_model": (models.LanguageModel, LanguageModelRef),
    "head_type": (models.HeadType, HeadTypeRef),
    "method": (models.Method, MethodRef),
    "metric": (models.Metric, MetricRef),
    "stage": (models.Stage, StageRef),
    "head_score_table": (models.HeadScoreTable, HeadScoreTableRef),
    "detector": (models.Detector, DetectorRef),
    "scan_run": (models.ScanRun, ScanRunRef),
}
"""Field → the table of the record that it names, and its short form."""

_OF_FINDING = ("paper", "language_model", "head_type", "method", "metric", "stage", "head_score_table")
_OF_VERIFICATION = ("detector", "scan_run")


def _own(model: Any, schema: Any) -> list[str]:
    """Fields that are a column of the same name."""
    return [name for name in schema.model_fields if name in model.__table__.columns]


_FINDING = _own(models.Finding, FindingRecord)
_VERIFICATION = _own(models.Verification, VerificationSummary)


@dataclass
class _Kept:
    """Named records as they stand in one state of the catalog."""

    revision: str | None
    records: dict[str, dict[int, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in _NAMED})
    group_sizes: dict[int, int] = field(default_factory=dict)
    """Query heads of a key-value group, by language model."""


class NamedRecords:
    """Short forms of the records that findings name, kept for as long as the catalog stays the same."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._kept = _Kept(None)
        self._lock = Lock()

    def of(self, revision: str | None) -> _Kept:
        """Those of a state; none where the state cannot be told."""
        if revision is None:
            return _Kept(None)
        with self._lock:
            if self._kept.revision != revision:
                self._kept = _Kept(revision)
            return self._kept

    def load(self, session: Session, kept: _Kept, name: str, ids: set[int]) -> dict[int, dict[str, Any]]:
        """Short forms of some records of one kind, by key."""
        model, schema = _NAMED[name]
        known = kept.records[name]
        missing = ids - known.keys()
        if missing:
            if len(known) + len(missing) > MOST_KEPT:
                known = kept.records[name] = {each: known[each] for each in ids & known.keys()}
            for row in session.scalars(select(model).where(model.id.in_(missing))):
                if name == "language_model":
                    kept.group_sizes[row.id] = row.n_heads // row.n_kv_heads if row.n_kv_heads else 1
                known[row.id] = schema.of(row, self._links).model_dump(mode="json")
        return known


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
    wanted = list(FindingRecord.model_fields) if fields is None else list(fields)
    rows = {row["finding_id"]: row for row in _rows(session, ids, as_of, "latest_verification" in wanted)}
    ordered = [rows[each] for each in ids]
    kept = named.of(revision)
    refs = {
        name: named.load(session, kept, name, {row[f"{name}_id"] for row in ordered if row[f"{name}_id"] is not None})
        for name in (*_OF_FINDING, *_OF_VERIFICATION)
        if f"{name}_id" in (ordered[0] if ordered else ()) and (name in wanted or name in _NEEDED)
    }
    versions = {} if as_of is None else versions_as_of(session, [row["accession"] for row in ordered], as_of)
    make = _maker(wanted, refs, kept.group_sizes, links.to(""), versions)
    return [make(row) for row in ordered]


# Addresses and the re-run name these, whatever fields are asked for.
_NEEDED = ("language_model", *_OF_VERIFICATION)


def _rows(session: Session, ids: Sequence[int], as_of: datetime | None, with_rerun: bool) -> list[Row]:
    found = session.execute(_statement(with_rerun, as_of), {"ids": list(ids)})
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


@lru_cache(maxsize=16)
def _statement(with_rerun: bool, as_of: datetime | None) -> Select[Any]:
    """The statement is the same for every page of a day, and building it costs more than answering it."""
    finding, rerun = models.Finding.__table__.c, models.Verification.__table__.c
    columns = [finding.id.label("finding_id"), *(finding[name] for name in _FINDING)]
    columns += [finding[f"{name}_id"] for name in _OF_FINDING]
    source: Any = models.Finding.__table__
    if with_rerun:
        columns += [rerun[name].label(f"rerun_{name}") for name in _VERIFICATION]
        columns += [rerun[f"{name}_id"] for name in _OF_VERIFICATION]
        source = source.outerjoin(models.Verification.__table__, rerun.id == latest_id(as_of))
    return select(*columns).select_from(source).where(finding.id.in_(bindparam("ids", expanding=True)))


def _maker(
    wanted: Sequence[str],
    refs: Mapping[str, Mapping[int, dict[str, Any]]],
    group_sizes: Mapping[int, int],
    root: str,
    versions: Mapping[str, int],
) -> Callable[[Row], dict[str, Any]]:
    """The function that makes an item of a row."""

    def named(name: str) -> Callable[[Row], Any]:
        records, key = refs.get(name, {}), f"{name}_id"
        return lambda row: None if row[key] is None else records[row[key]]

    def column(name: str) -> Callable[[Row], Any]:
        return lambda row: row[name]

    def version(row: Row) -> int:
        return versions.get(row["accession"], row["version"])

    def frozen(row: Row) -> str:
        return f"{root}entries/{row['accession']}.v{version(row)}"

    def head_url(row: Row) -> str:
        head, model = row["head"], row["language_model_id"]
        if row["unit"] == Unit.KV_GROUP:
            # A group is no query head: its first one stands for it, and shows claims on the group.
            head *= group_sizes[model]
        return f"{refs['language_model'][model]['url']}/heads/L{row['layer']}H{head}"

    made: dict[str, Callable[[Row], Any]] = {
        **{name: column(name) for name in _FINDING},
        **{name: named(name) for name in _OF_FINDING},
        "version": version,
        "url": lambda row: f"{root}findings/{row['accession']}",
        "version_url": frozen,
        "cite_url": lambda row: f"{frozen(row)}/bibtex",
        "name": lambda row: f"L{row['layer']}H{row['head']}",
        "confidence": lambda row: _CONFIDENCE[row["source_kind"]],
        "head_url": head_url,
        "latest_verification": _rerun_maker(refs, root),
    }
    steps = [(name, made[name]) for name in wanted]
    return lambda row: {name: step(row) for name, step in steps}


def _rerun_maker(refs: Mapping[str, Mapping[int, dict[str, Any]]], root: str) -> Callable[[Row], Any]:
    columns = [(name, f"rerun_{name}") for name in _VERIFICATION]

    def make(row: Row) -> dict[str, Any] | None:
        accession = row["rerun_accession"]
        if accession is None:
            return None
        return {name: row[key] for name, key in columns} | {
            "detector": refs["detector"][row["detector_id"]],
            "scan_run": refs["scan_run"][row["scan_run_id"]],
            "url": f"{root}verifications/{accession}",
        }

    return make


_CONFIDENCE = {str(kind): str(kind.confidence) for kind in SourceKind}
