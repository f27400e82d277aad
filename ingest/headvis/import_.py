"""HeadVis's numbers of a language model as score tables of the catalog, each with its source.

A run that Neuronpedia wrote belongs to Neuronpedia's record and names no revision of the weights more often than not,
which the table says; a run that headcat wrote names what was measured.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog import models
from catalog.notation import HeadRef
from catalog.queries.language_model import resolve_language_model
from catalog.vocabulary import Unit
from ingest.errors import HeadVisError
from ingest.headvis.metrics import METRICS, HeadVisMetric
from ingest.headvis.tree import CONFIG, SCATTER, read_json

NEURONPEDIA, OURS = "neuronpedia-headvis", "headcat"
_REPOSITORY = "hijohnnylin/neuronpedia"


@dataclass(frozen=True)
class Run:
    """One run of HeadVis, checked."""

    folder: Path
    sha256: str
    """Of `scatter_data.json`."""
    n_layers: int
    n_heads: int
    values: Mapping[str, dict[HeadRef, float]]
    """By metric; a head without a number is left out."""
    layers: list[int]
    """Layers with attention: hybrid language models have fewer than `n_layers`."""
    facts: Mapping[str, Any]
    """What the run says of itself."""
    is_ours: bool

    @property
    def revision(self) -> str | None:
        """Of the weights, where the run names it."""
        return self.facts.get("revision")


def read_run(folder: Path) -> Run:
    """One run.

    Raises:
        HeadVisError: A file is damaged, a head out of range or named twice, or a number is none.
    """
    config, rows = read_json(folder / CONFIG), read_json(folder / SCATTER)
    if not isinstance(config, dict) or not isinstance(rows, list):
        raise HeadVisError(f"{folder} is no run of HeadVis: {CONFIG} must hold an object and {SCATTER} a list.")
    n_layers, n_heads = (_size(config, name, folder) for name in ("n_layers", "n_heads"))
    values: dict[str, dict[HeadRef, float]] = {each.name: {} for each in METRICS}
    seen: set[HeadRef] = set()
    for row in rows:
        head = _head(row, n_layers, n_heads, folder)
        if head in seen:
            raise HeadVisError(f"{folder / SCATTER} has two rows for {head}: export the run again.")
        seen.add(head)
        for each in METRICS:
            value = _number(row, each, head, folder)
            if value is not None:
                values[each.name][head] = value
    if not seen:
        raise HeadVisError(f"{folder / SCATTER} holds no head: export the run again.")
    facts = config.get("pipeline_config")
    return Run(
        folder=folder,
        sha256=hashlib.sha256((folder / SCATTER).read_bytes()).hexdigest(),
        n_layers=n_layers,
        n_heads=n_heads,
        values=values,
        layers=sorted({head.layer for head in seen}),
        facts=facts if isinstance(facts, dict) else config,
        is_ours=isinstance(config.get("headcat"), dict),
    )


def _size(config: dict[str, Any], name: str, folder: Path) -> int:
    size = config.get(name)
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise HeadVisError(f"{folder / CONFIG}: {name} is {size!r} and must be a positive number.")
    return size


def _head(row: Any, n_layers: int, n_heads: int, folder: Path) -> HeadRef:
    layer, head = (row.get("layer"), row.get("head")) if isinstance(row, dict) else (None, None)
    if not isinstance(layer, int) or not isinstance(head, int) or not (0 <= layer < n_layers and 0 <= head < n_heads):
        raise HeadVisError(
            f"{folder / SCATTER}: layer {layer!r}, head {head!r} is no head of {n_layers} layers × {n_heads} heads."
        )
    return HeadRef(layer, head)


def _number(row: dict[str, Any], each: HeadVisMetric, head: HeadRef, folder: Path) -> float | None:
    value = row.get(each.name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HeadVisError(f"{folder / SCATTER}: {each.name} of {head} is {value!r} and must be a number or null.")
    return float(value)


def import_run(session: Session, run: Run, language_model: str) -> list[models.HeadScoreTable]:
    """Add one table for each metric of the run; the caller commits. Importing a run again adds nothing.

    Args:
        session: Of the catalog.
        run: The run.
        language_model: Id or slug of the language model in the catalog.

    Raises:
        NotFoundError: The catalog has no such language model.
        HeadVisError: Its shape is another than the run's, or records of the catalog are missing.
    """
    row = resolve_language_model(session, language_model)
    if (row.n_layers, row.n_heads) != (run.n_layers, run.n_heads):
        raise HeadVisError(
            f"{run.folder} was measured on {run.n_layers} layers × {run.n_heads} heads, but {row.slug} has "
            f"{row.n_layers} × {row.n_heads}: name the language model that it was measured on."
        )
    paper = _record(session, models.Paper, OURS if run.is_ours else NEURONPEDIA)
    added = []
    for each in METRICS:
        slug = f"{row.slug}__{each.metric}__{run.sha256[:8]}"
        known = session.scalar(select(models.HeadScoreTable.id).where(models.HeadScoreTable.slug == slug))
        if known is None and run.values[each.name]:
            table = _table(session, run, each)
            table.slug, table.language_model_id, table.paper_id = slug, row.id, paper.id
            _store(session, table, run.values[each.name])
            added.append(table)
    return added


def _table(session: Session, run: Run, each: HeadVisMetric) -> models.HeadScoreTable:
    values = run.values[each.name]
    return models.HeadScoreTable(
        metric_id=_record(session, models.Metric, each.metric).id,
        unit=Unit.QUERY_HEAD,
        repository=None if run.is_ours else _REPOSITORY,
        path="/".join([*run.folder.resolve().parts[-3:], SCATTER]),
        commit=None,
        licence=None,
        licence_note="The run states no licence.",
        n_rows=len(values),
        is_complete=len(values) == run.n_layers * run.n_heads,
        value_note=_note(run),
        details={"sha256": run.sha256, "layers": run.layers} | dict(run.facts),
    )


def _store(session: Session, table: models.HeadScoreTable, values: Mapping[HeadRef, float]) -> None:
    session.add(table)
    session.flush()
    rows = [
        {"table_id": table.id, "layer": head.layer, "head": head.head, "score": value, "n": None, "details": None}
        for head, value in sorted(values.items())
    ]
    session.execute(insert(models.HeadScore), rows)


def _note(run: Run) -> str:
    if run.revision is None:
        return "The run does not say which revision of the weights was measured."
    return f"Measured on revision {run.revision}."


def _record(session: Session, kind: Any, slug: str) -> Any:
    found = session.scalars(select(kind).where(kind.slug == slug)).first()
    if found is None:
        raise HeadVisError(f"The catalog has no record {slug!r}: run `headcat seed`, which loads the shipped records.")
    return found
