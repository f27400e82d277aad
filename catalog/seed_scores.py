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
    stored = 0
    for at, table in tables:
        old = before.get((table.slug,))
        shape_changed = (table.language_model,) in store.updated(kinds.LANGUAGE_MODEL)
        if old is None or old["details"].get(CSV_HASH) != hashes[table.slug] or shape_changed:
            table_id = store.id_of(kinds.HEAD_SCORE_TABLE, table.slug, at)
            stored += _store_scores(seeds.folder / "head_scores", table, table_id, store.session, shapes, old is None)
    return stored


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


def _store_scores(
    folder: Path, table: HeadScoreTableRecord, table_id: int, session: Session, shapes: Shapes, is_new: bool
) -> int:
    rows = list(_read_scores(folder, table, table_id, shapes))
    at = Place(f"head_scores/{table.slug}.csv", "file")
    if len(rows) != table.n_rows:
        raise at.error(f"the file holds {len(rows)} rows, its record says {table.n_rows}")
    if not is_new:
        session.execute(delete(HeadScore).where(HeadScore.table_id == table_id))
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY head_scores ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    elif rows:
        marks = ", ".join("?" for _ in _COLUMNS)
        statement = f"INSERT INTO head_scores ({', '.join(_COLUMNS)}) VALUES ({marks})"
        connection.exec_driver_sql(statement, rows)
    return len(rows)


def _read_scores(folder: Path, table: HeadScoreTableRecord, table_id: int, shapes: Shapes) -> Iterator[ScoreRow]:
    file = f"head_scores/{table.slug}.csv"
    head_column = "kv_head" if table.unit is Unit.KV_GROUP else "head"
    seen: set[tuple[int, int]] = set()
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
            at = Place(file, f"line {line}")
            try:
                layer, head = int(cells[layer_at]), int(cells[head_at])
                score = float(cells[score_at]) if cells[score_at] else None
                n = int(cells[n_at]) if n_at is not None and cells[n_at] else None
                details = json.dumps({name: _plain(cells[i]) for i, name in others}) if others else None
            except (ValueError, IndexError) as problem:
                raise at.error(f"{','.join(cells)!r} is no row of numbers under {','.join(names)!r}") from problem
            if layer < 0 or head < 0 or (score is not None and not abs(score) < float("inf")):
                raise at.error(f"{','.join(cells)!r} holds a negative index or no finite score")
            shapes.check(table.language_model, table.unit, layer, head, at)
            if (layer, head) in seen:
                raise at.error(f"layer {layer}, head {head} has a row already")
            seen.add((layer, head))
            yield table_id, layer, head, score, n, details


def _plain(text: str) -> int | float | str | None:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text or None
