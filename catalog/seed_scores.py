"""Published score tables: their facts, and 244,485 numbers in bulk.

A table remembers the sha256 of its CSV; as long as that is the same, its numbers are not read again.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from catalog import seed_kinds as kinds
from catalog.models import HeadScore
from catalog.seed_claims import Shapes
from catalog.seed_files import Seeds, near, place
from catalog.seed_schema.head_score import HeadScoreTableRecord
from catalog.seed_store import Place, Row, Store, columns
from catalog.vocabulary import Unit

CSV_HASH = "csv_sha256"
_COLUMNS = ("table_id", "layer", "head", "score", "n", "details")

ScoreRow = tuple[int, int, int, float | None, int | None, str | None]


def write_head_scores(seeds: Seeds, store: Store, shapes: Shapes) -> int:
    """Store the tables, and the numbers of those that are new or changed.

    Returns:
        How many numbers were stored.
    """
    tables = [
        (Place(file.file, place("tables", index)), table)
        for file in seeds.head_scores
        for index, table in enumerate(file.record.tables)
    ]
    _refuse_unlisted(seeds.folder / "head_scores", {table.slug for _, table in tables})
    latest = {metric.slug: metric.record.version for metric in seeds.metrics}
    rows, hashes = [], {}
    for at, table in tables:
        hashes[table.slug] = _hash(seeds.folder / "head_scores" / f"{table.slug}.csv", at)
        rows.append(Row(at, _table_columns(table, hashes[table.slug], store, latest, at)))
    # Tables measured by a run of ours are none of the record files' business.
    store.write(kinds.HEAD_SCORE_TABLE, rows)
    before = store.existing(kinds.HEAD_SCORE_TABLE)
    measured = {key[0] for key, row in before.items() if row["scan_run_id"] is not None}
    change = store.changes[kinds.HEAD_SCORE_TABLE.label]
    change.absent = [slug for slug in change.absent if slug not in measured]
    reshaped = _reshaped(seeds, store)
    due: list[tuple[HeadScoreTableRecord, int]] = []
    for at, table in tables:
        old = before.get((table.slug,))
        if old is None or old["details"].get(CSV_HASH) != hashes[table.slug] or table.language_model in reshaped:
            due.append((table, store.id_of(kinds.HEAD_SCORE_TABLE, table.slug, at)))
    replaced = [table_id for table, table_id in due if (table.slug,) in before]
    if replaced:
        store.session.execute(delete(HeadScore).where(HeadScore.table_id.in_(replaced)))
    folder = seeds.folder / "head_scores"
    _insert(store.session, (row for table, table_id in due for row in _read_scores(folder, table, table_id, shapes)))
    return sum(table.n_rows for table, _ in due)


def _reshaped(seeds: Seeds, store: Store) -> set[str]:
    """Language models whose shape is another than at the last run: their tables are read and checked again."""
    shape = ("n_layers", "n_heads", "n_kv_heads")
    before = store.existing(kinds.LANGUAGE_MODEL)
    return {
        model.slug
        for model in seeds.language_models
        if any(before.get((model.slug,), {}).get(name) != getattr(model.record, name) for name in shape)
    }


def _refuse_unlisted(folder: Path, listed: set[str]) -> None:
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in listed:
            at = Place(f"head_scores/{path.name}", "file")
            raise at.error(f"no [[tables]] record describes this file{near(path.stem, listed)}")


def _hash(path: Path, at: Place) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as problem:
        raise at.error(f"the numbers of this table cannot be read from {path.name} ({problem.strerror})") from problem


def _table_columns(
    table: HeadScoreTableRecord, digest: str, store: Store, latest: dict[str, int], at: Place
) -> dict[str, Any]:
    facts = ("slug", "unit", "repository", "path", "commit", "licence", "licence_note")
    details = columns(table, "details")["details"]
    if table.value_column != "score":
        details["value_column"] = table.value_column
    return columns(table, *facts, "n_rows", "is_complete", "value_note") | {
        "language_model_id": store.id_of(kinds.LANGUAGE_MODEL, table.language_model, at),
        "metric_id": store.id_of(kinds.METRIC, (table.metric, latest.get(table.metric)), at),
        "paper_id": store.id_of(kinds.PAPER, table.paper, at),
        "details": details | {CSV_HASH: digest},
    }


def _insert(session: Session, rows: Iterator[ScoreRow]) -> None:
    """Stream rows through the driver: a quarter of a million go in seconds, and never lie in memory at once."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    names = ", ".join(_COLUMNS)
    try:
        _stream(driver, connection.dialect.name, names, rows)
    except connection.dialect.loaded_dbapi.OperationalError as problem:
        # The driver is used directly here, so a full disk must be given its usual name by hand.
        raise OperationalError("INSERT INTO head_scores", None, problem) from problem


def _stream(driver: Any, dialect: str, names: str, rows: Iterator[ScoreRow]) -> None:
    if dialect == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY head_scores ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        driver.executemany(f"INSERT INTO head_scores ({names}) VALUES (?, ?, ?, ?, ?, ?)", rows)


def _read_scores(folder: Path, table: HeadScoreTableRecord, table_id: int, shapes: Shapes) -> Iterator[ScoreRow]:
    file = f"head_scores/{table.slug}.csv"
    head_column = "kv_head" if table.unit is Unit.KV_GROUP else "head"
    seen: set[tuple[int, int]] = set()
    n_layers, n_heads = shapes.size(table.language_model, table.unit)
    with (folder / f"{table.slug}.csv").open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        names = next(reader, [])
        for needed in ("layer", head_column, table.value_column):
            if needed not in names:
                raise Place(file, "line 1").error(f"the column {needed!r} is missing{near(needed, set(names))}")
        layer_at, head_at, score_at = (names.index(name) for name in ("layer", head_column, table.value_column))
        n_at = names.index("n") if "n" in names else None
        others = [(i, name) for i, name in enumerate(names) if i not in (layer_at, head_at, score_at, n_at)]
        for line, cells in enumerate(reader, start=2):
            try:
                layer, head = int(cells[layer_at]), int(cells[head_at])
                score = float(cells[score_at]) if cells[score_at] else None
                n = int(cells[n_at]) if n_at is not None and cells[n_at] else None
                details = json.dumps({name: _plain(cells[i]) for i, name in others}) if others else None
            except (ValueError, IndexError) as problem:
                raise Place(file, f"line {line}").error(
                    f"{','.join(cells)!r} is no row of numbers under {','.join(names)!r}"
                ) from problem
            if layer < 0 or head < 0 or (score is not None and not abs(score) < float("inf")):
                problem_here = "holds a negative index or no finite score"
                raise Place(file, f"line {line}").error(f"{','.join(cells)!r} {problem_here}")
            if layer >= n_layers or head >= n_heads:
                shapes.check(table.language_model, table.unit, layer, head, Place(file, f"line {line}"))
            if (layer, head) in seen:
                raise Place(file, f"line {line}").error(f"layer {layer}, head {head} has a row already")
            seen.add((layer, head))
            yield table_id, layer, head, score, n, details
    if len(seen) != table.n_rows:
        raise Place(file, "file").error(f"the file holds {len(seen)} rows, its record says {table.n_rows}")


def _plain(text: str) -> int | float | str | None:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text or None
