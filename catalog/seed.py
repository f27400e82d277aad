"""Loads the record files into the catalog: validated, all or nothing, and idempotent.

`seed_files` reads them, `seed_store` compares them with the tables, the other `seed_*` modules turn one kind of
record into rows each. Verifications, scan runs and tables of our own scores are never touched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, Select, select, text

from catalog.db import transaction
from catalog.head_lists.freeze import freeze_head_lists
from catalog.models import Detector, ScanRun
from catalog.seed_claims import Shapes, write_circuits, write_findings
from catalog.seed_entries import write_entry_versions
from catalog.seed_files import Seeds, read_seeds
from catalog.seed_kinds import LANGUAGE_MODEL, METRIC
from catalog.seed_scores import write_head_scores
from catalog.seed_sources import write_sources
from catalog.seed_store import Change, Store
from catalog.seed_taxonomy import write_head_types, write_methods, write_stages
from catalog.seed_works import write_benchmarks, write_crosswalk, write_human_analogues, write_mechanisms


@dataclass
class SeedReport:
    """What one run did."""

    changes: dict[str, Change] = field(default_factory=dict)
    n_frozen: int = 0
    """Entry versions written."""
    n_scores: int = 0
    """Numbers of score tables written."""
    n_head_lists: int = 0
    """Versions of head lists frozen."""

    @property
    def changed_nothing(self) -> bool:
        """Whether the catalog already held exactly these records."""
        written = sum(change.added + change.updated + change.removed for change in self.changes.values())
        return not (written or self.n_frozen or self.n_scores or self.n_head_lists)

    @property
    def absent(self) -> dict[str, list[str]]:
        """Records that are in the catalog but in no file, by kind."""
        return {label: change.absent for label, change in self.changes.items() if change.absent}

    def lines(self) -> list[str]:
        """The report in plain sentences."""
        if self.changed_nothing:
            lines = ["The catalog already holds exactly these records; nothing was changed."]
        else:
            lines = [
                f"{label}: {change.added:,} added, {change.updated:,} updated, {change.removed:,} removed"
                for label, change in self.changes.items()
                if change.added or change.updated or change.removed
            ]
            lines.append(
                f"{self.n_scores:,} scores stored, {self.n_frozen:,} entry versions and "
                f"{self.n_head_lists:,} head lists frozen."
            )
        for label, names in self.absent.items():
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            lines.append(f"{len(names)} of kind {label} in the catalog are in no record file and stay: {shown}")
        return lines


def load(engine: Engine, folder: Path, tell: Callable[[str], None] = lambda _line: None) -> SeedReport:
    """Bring a migrated catalog to the state of the record files, in one transaction.

    Args:
        engine: The catalog's database.
        folder: The record files.
        tell: Receives a line at each step.

    Raises:
        SeedError: A record cannot be used; nothing was stored.
        DatabaseUnavailableError: The database cannot be reached or written; nothing was stored.
    """
    seeds = read_seeds(folder)
    tell(f"read {_count_records(seeds)} records from {folder}")
    report = SeedReport()
    with transaction(engine) as session:
        store = Store(session)
        shapes = Shapes(seeds)
        write_sources(seeds, store)
        write_stages(seeds, store)
        write_methods(seeds, store)
        tell("papers, language models, metrics, stages and methods are in place")
        versions, report.n_frozen = write_entry_versions(session, seeds)
        write_head_types(seeds, store, versions)
        write_benchmarks(seeds, store)
        write_human_analogues(seeds, store)
        write_mechanisms(seeds, store)
        write_crosswalk(seeds, store)
        write_circuits(seeds, store, versions, shapes)
        tell("head types, mechanisms, crosswalk and circuits are in place")
        report.n_scores = write_head_scores(seeds, store, shapes)
        tell(f"{report.n_scores:,} scores stored")
        write_findings(seeds, store, versions, shapes)
        store.prune()
        report.n_head_lists = freeze_head_lists(session)
        _leave_out_measured(store)
        report.changes = store.changes
        if session.get_bind().dialect.name == "postgresql" and not report.changed_nothing:
            # Fresh statistics, or the first queries after a bulk load scan whole tables.
            session.execute(text("ANALYZE"))
    return report


def _leave_out_measured(store: Store) -> None:
    """Language models that we scanned and metrics of our detectors have records of their own making."""
    for kind, model, column in ((LANGUAGE_MODEL, ScanRun, "language_model_id"), (METRIC, Detector, "metric_id")):
        used = set(store.session.scalars(_distinct(model, column)))
        names = {" ".join(str(part) for part in key) for key, row in store.existing(kind).items() if row["id"] in used}
        change = store.changes[kind.label]
        change.absent = [name for name in change.absent if name not in names]


def _distinct(model: type, column: str) -> Select[tuple[int]]:
    return select(getattr(model, column)).distinct()


def _count_records(seeds: Seeds) -> str:
    n_findings = sum(len(group.heads) for file in seeds.findings for group in file.record.groups)
    parts: Sequence[tuple[int, str]] = (
        (len(seeds.head_types), "head types"),
        (len(seeds.papers), "papers"),
        (len(seeds.language_models), "language models"),
        (n_findings, "findings"),
    )
    return ", ".join(f"{number:,} {name}" for number, name in parts)
