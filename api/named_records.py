"""What is kept for as long as the catalog stays the same: records that findings name, and findings as written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.schemas.base import Links
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
from catalog.queries.search.finding_fields import KEPT_NAMES

Records = dict[int | None, dict[str, Any]]
"""Short forms by key."""

MOST_KEPT = 20_000
"""Named records of one kind that are kept; beyond that they are forgotten and read again."""

MOST_BYTES_WRITTEN = 48 * 1024 * 1024
"""Room for findings as they were written: some twenty thousand."""

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


@dataclass
class _Kept:
    """Named records as they stand in one state of the catalog."""

    revision: str | None
    records: dict[str, Records] = field(default_factory=lambda: {name: {} for name in _NAMED})
    group_sizes: dict[int, int] = field(default_factory=dict)
    """Query heads of a key-value group, by language model."""
    names: dict[Any, Any] = field(default_factory=dict)
    """Names in filters that were resolved."""
    written: dict[int, bytes] = field(default_factory=dict)
    """Whole findings as JSON, by key."""
    n_bytes_written: int = 0

    def keep_written(self, finding: int, content: bytes) -> None:
        """Keep a finding as it was written; all are forgotten where the room is used up."""
        if self.n_bytes_written > MOST_BYTES_WRITTEN:
            self.written, self.n_bytes_written = {}, 0
        self.written[finding] = content
        self.n_bytes_written += len(content)


@dataclass(frozen=True, slots=True)
class References:
    """The named records of one answer."""

    session: Session
    links: Links
    kept: _Kept
    records: dict[str, Records]
    """Field → short forms by key; those that `load` was asked for are there."""

    @property
    def group_sizes(self) -> Mapping[int, int]:
        """Query heads of a key-value group, by language model."""
        return self.kept.group_sizes

    def load(self, wanted: Mapping[str, set[int]]) -> None:
        """Have the short forms of some records of some kinds."""
        for name, ids in wanted.items():
            self.records[name] = self._load(name, ids)

    def _load(self, name: str, ids: set[int]) -> Records:
        known = self.kept.records[name]
        missing = ids - known.keys()
        if missing:
            model, schema = _NAMED[name]
            if len(known) + len(missing) > MOST_KEPT:
                known = self.kept.records[name] = {each: known[each] for each in ids & known.keys()}
            for row in self.session.scalars(select(model).where(model.id.in_(missing))):
                if name == "language_model":
                    self.kept.group_sizes[row.id] = row.n_heads // row.n_kv_heads if row.n_kv_heads else 1
                known[row.id] = schema.of(row, self.links).model_dump(mode="json")
        return known


class NamedRecords:
    """What is kept, for the state of the catalog that was read last."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._kept = _Kept(None)
        self._lock = Lock()

    def references(self, session: Session, revision: str | None) -> References:
        """The named records for one answer, which is made from a state; nothing is kept where that cannot be told."""
        return References(session, self._links, self._of(revision), {})

    def remember_names(self, session: Session, revision: str | None) -> None:
        """Have filters of a session use the names that were resolved before in the state that it reads."""
        if revision is not None:
            session.info[KEPT_NAMES] = self._of(revision).names

    def _of(self, revision: str | None) -> _Kept:
        if revision is None:
            return _Kept(None)
        with self._lock:
            if self._kept.revision != revision:
                self._kept = _Kept(revision)
            return self._kept
