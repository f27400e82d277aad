"""A large catalog to measure on: the shipped records, and as many generated findings and head scores as asked for.

    .venv/bin/python benchmarks/generated_catalog.py sqlite:////tmp/large.sqlite --findings 100000 --scores 5000000

The same arguments give the same rows on SQLite and on PostgreSQL, whose database must exist and be empty. Generated
findings spread over 200 language models and all head types, a few of them popular, as in the literature; a third was
re-run, some more than once; each has its frozen version.
"""

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text

from catalog.canonical import canonical_json, sha256_of
from catalog.db import make_engine
from catalog.models import (
    Detector,
    EntryVersion,
    Finding,
    HeadScoreTable,
    HeadType,
    LanguageModel,
    Method,
    Metric,
    Paper,
    ScanRun,
    Verification,
)
from catalog.schema import upgrade
from catalog.seed import load
from catalog.settings import CatalogSettings
from catalog.vocabulary import Verdict

N_MODELS, N_LAYERS, N_HEADS = 200, 32, 32
FIRST_NUMBER = 100_000  # accessions of generated findings start here, above all shipped ones
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "needle",
    "haystack",
    "name",
    "copy",
    "context",
    "token",
    "induction",
    "subject",
    "object",
    "relation",
    "syntax",
    "rare",
    "math",
    "code",
    "quote",
)


def main() -> None:
    """Generate a catalog and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", help="an empty SQLite file or PostgreSQL database")
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--scores", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    started = time.monotonic()
    engine = make_engine(given.database_url)
    upgrade(engine)
    load(engine, CatalogSettings().seeds)
    generate(engine, given.findings, given.scores, random.Random(given.seed))
    print(
        json.dumps({"findings": given.findings, "scores": given.scores, "seconds": round(time.monotonic() - started)})
    )


def generate(engine: Engine, n_findings: int, n_scores: int, dice: random.Random) -> None:
    """Add generated rows to a seeded catalog."""
    with engine.begin() as connection:
        models = _models(connection, dice)
        metrics = _metrics(connection)
        _scores(connection, models, metrics, n_scores, dice)
        findings = _findings(connection, models, metrics, n_findings, dice)
        _verifications(connection, models, metrics, findings, dice)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", sqlite_begin="DEFERRED") as connection:
        connection.execute(text("ANALYZE"))


def _ids(connection: Connection, model: Any) -> list[int]:
    return list(connection.scalars(select(model.id).order_by(model.id)))


def _models(connection: Connection, dice: random.Random) -> list[int]:
    families = ("llama", "qwen", "gpt", "pythia", "gemma", "mistral")
    rows = [
        {
            "slug": f"generated--model-{n:03}",
            "hub_id": f"generated/model-{n:03}",
            "revision": "unspecified",
            "name": f"Generated model {n:03}",
            "family": dice.choice(families),
            "n_layers": N_LAYERS,
            "n_heads": N_HEADS,
            "n_kv_heads": N_HEADS // dice.choice((1, 4)),
            "source": "generated",
        }
        for n in range(N_MODELS)
    ]
    connection.execute(insert(LanguageModel), rows)
    statement = select(LanguageModel.id).where(LanguageModel.source == "generated").order_by(LanguageModel.id)
    return list(connection.scalars(statement))


def _metrics(connection: Connection) -> list[int]:
    rows = [
        {
            "slug": f"generated_metric_{n:02}",
            "version": 1,
            "name": f"Generated metric {n:02}",
            "definition": "a generated number",
            "unit": "share",
            "direction": "higher",
        }
        for n in range(25)
    ]
    connection.execute(insert(Metric), rows)
    statement = select(Metric.id).where(Metric.slug.startswith("generated_")).order_by(Metric.id)
    return list(connection.scalars(statement))


def _scores(connection: Connection, models: list[int], metrics: list[int], n: int, dice: random.Random) -> None:
    per_table = N_LAYERS * N_HEADS
    papers = _ids(connection, Paper)
    tables = [
        {
            "slug": f"generated_table_{number:05}",
            "language_model_id": models[number % len(models)],
            "metric_id": metrics[number // len(models) % len(metrics)],
            "unit": "query_head",
            "paper_id": dice.choice(papers),
            "n_rows": per_table,
            "is_complete": True,
            "details": {},
        }
        for number in range(-(-n // per_table))
    ]
    connection.execute(insert(HeadScoreTable), tables)
    known = select(HeadScoreTable.id).where(HeadScoreTable.slug.startswith("generated_table_"))
    keys = connection.scalars(known.order_by(HeadScoreTable.id))
    places = [(layer, head) for layer in range(N_LAYERS) for head in range(N_HEADS)]
    rows = ((table_id, layer, head, round(dice.random(), 6)) for table_id in list(keys) for layer, head in places)
    _fill(connection, "head_scores", ("table_id", "layer", "head", "score"), rows)


def _findings(
    connection: Connection, models: list[int], metrics: list[int], n: int, dice: random.Random
) -> list[tuple[int, int]]:
    """Keys of the findings and of their language models."""
    types, papers, methods = (_ids(connection, model) for model in (HeadType, Paper, Method))
    # A few types are the subject of most papers.
    weights = [1 / (place + 1) for place in range(len(types))]
    chosen = dice.choices(types, weights, k=n)
    first = max(_ids(connection, Finding)) + 1
    placed = [dice.choice(models) for _ in range(n)]

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(n):
            words = " ".join(dice.choices(WORDS, k=6))
            has_value = dice.random() < 0.8
            yield (
                first + number,
                f"AHF-{FIRST_NUMBER + number:06}",
                1,
                "published",
                dice.choice(papers),
                placed[number],
                "query_head",
                dice.randrange(N_LAYERS),
                dice.randrange(N_HEADS),
                chosen[number],
                "is" if dice.random() < 0.9 else "is_not",
                f"{words.split()[0]} head",
                words,
                dice.choice(methods),
                dice.choice(metrics) if has_value else None,
                round(dice.random(), 4) if has_value else None,
                f"Table {dice.randrange(9)}, row {number}",
                "paper_text",
            )

    columns = (
        "id accession version status paper_id language_model_id unit layer head head_type_id polarity published_name "
        "task method_id metric_id value locator source_kind"
    )
    _fill(connection, Finding.__tablename__, tuple(columns.split()), rows())
    frozen = canonical_json({"generated": True})
    versions = (
        ("AHF", f"AHF-{FIRST_NUMBER + number:06}", 1, frozen, sha256_of(frozen), _moment(number)) for number in range(n)
    )
    columns = "kind accession version content content_sha256 created_at"
    _fill(connection, EntryVersion.__tablename__, tuple(columns.split()), versions)
    return [(first + number, placed[number]) for number in range(n)]


def _verifications(
    connection: Connection, models: list[int], metrics: list[int], findings: list[tuple[int, int]], dice: random.Random
) -> None:
    connection.execute(
        insert(Detector),
        [
            {
                "slug": f"generated_{n}",
                "version": 1,
                "tier": "V1",
                "maturity": "experimental",
                "summary": "generated",
                "methods_text": "generated",
                "spec": {},
                "code_sha256": "0" * 64,
                "metric_id": metrics[n],
            }
            for n in range(5)
        ],
    )
    detectors = _ids(connection, Detector)
    connection.execute(insert(ScanRun), [_scan_run(model, again) for model in models for again in range(2)])
    runs: dict[int, list[int]] = {}
    for key, model in connection.execute(select(ScanRun.id, ScanRun.language_model_id).order_by(ScanRun.id)):
        runs.setdefault(model, []).append(key)

    def rows() -> Iterator[tuple[Any, ...]]:
        number = 0
        for finding, model in findings:
            for run in runs[model][: dice.choice((0, 0, 0, 0, 1, 2))]:
                number += 1
                yield (
                    f"AHV-{1_000_000 + number:07}",
                    1,
                    "published",
                    finding,
                    dice.choice(detectors),
                    run,
                    round(dice.random(), 4),
                    0.1,
                    str(dice.choice(list(Verdict))),
                    '["generated"]',
                    dice.randrange(5),
                    "1",
                    "{}",
                    "0" * 64,
                    _moment(number),
                )

    columns = (
        "accession version status finding_id detector_id scan_run_id score chance verdict reasons grade "
        "protocol_version record record_sha256 created_at"
    )
    _fill(connection, Verification.__tablename__, tuple(columns.split()), rows())


def _scan_run(model: int, again: int) -> dict[str, Any]:
    return {
        "language_model_id": model,
        "started_at": NOW + timedelta(days=again),
        "finished_at": NOW + timedelta(days=again, seconds=30),
        "device": "cpu",
        "dtype": "float32",
        "attention_path": "streaming_blocked",
        "torch_version": "2.13.0",
        "transformers_version": "5.23.0",
        "headcat_version": "0.1.0",
        "code_sha256": "0" * 64,
        "weights_sha256": "0" * 64,
        "prompts_sha256": "0" * 64,
        "seed": again,
        "arguments": {},
        "provenance": {},
    }


def _moment(number: int) -> str:
    # The form in which SQLite keeps a time; PostgreSQL reads it too.
    return f"{NOW + timedelta(seconds=number):%Y-%m-%d %H:%M:%S}.000000"


def _fill(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows through the driver, the quickest way that each database has."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        if "id" in columns:
            key = f"(SELECT max(id) FROM {table})"
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {key})"))
    else:
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)


if __name__ == "__main__":
    main()
