"""A valid row of any table, made from its columns, so that a test changes only what it is about."""

import itertools
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select
from sqlalchemy.sql.sqltypes import JSON, Boolean, Date, DateTime, Float, Integer, String
from sqlalchemy.types import TypeDecorator

from catalog.models import Base

TABLES = Base.metadata.tables
_serial = itertools.count(1)

# Columns whose CHECK a made-up value would break.
VALUES: dict[str, Any] = {
    "stages.slug": "latent_reasoning",
    "stages.position": 3,
    "stage_transitions.standing": "stated",
    "head_types.origin": "survey_text",
    "head_types.definition_confidence": "high",
    "head_type_layer_ranges.band": "deep",
    "head_type_papers.sense": "same",
    "head_type_relations.relation": "is_a",
    "head_type_relations.basis": "curator",
    "stage_assignments.asserted_by": "paper",
    "stage_assignments.confidence": "high",
    "methods.level": "method",
    "method_papers.via": "table",
    "benchmarks.category": "mechanism_exploration",
    "external_taxonomy_entries.depth_low": 0.1,
    "external_taxonomy_entries.depth_high": 0.4,
    "crosswalk_matches.match": "exact",
    "metrics.direction": "higher",
    "findings.polarity": "is",
    "findings.unit": "query_head",
    "findings.source_kind": "paper_text",
    "head_score_tables.unit": "query_head",
    "head_list_versions.unit": "query_head",
    "head_list_versions.basis": "claimed",
    "detectors.tier": "V1",
    "detectors.maturity": "experimental",
    "detector_error_rates.calibration_set": "planted",
    "detector_error_rates.false_positive_rate": 0.0,
    "detector_events.change": "retracted",
    "detector_events.maturity_before": "calibrated",
    "verifications.verdict": "reproduced",
    "verifications.grade": 1,
    "verifications.score": 0.5,
    "contributors.role": "curator",
    "submissions.kind": "finding",
    "submissions.state": "draft",
    "review_events.to_state": "submitted",
    "entry_versions.kind": "AHF",
}
# Columns that are empty by default but that a rule of the table wants.
REQUIRED = {"stage_assignments.paper_id", "findings.head_type_id", "head_score_tables.paper_id"}


def valid_row(connection: Connection, table: Table, **changes: Any) -> dict[str, Any]:
    """Values of a row that the table accepts; rows it refers to are inserted first."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in changes:
            row[column.name] = changes[column.name]
        elif _is_needed(column):
            row[column.name] = _value(connection, column)
    return row


def insert_valid(connection: Connection, table: Table, **changes: Any) -> dict[str, Any]:
    """Insert a valid row and return its values, key included."""
    row = valid_row(connection, table, **changes)
    key = connection.execute(insert(table).values(**row)).inserted_primary_key
    return {**row, **{column.name: value for column, value in zip(table.primary_key, key or (), strict=True)}}


def _is_needed(column: Column) -> bool:
    path = f"{column.table.name}.{column.name}"
    if column.primary_key and not column.foreign_keys and column.autoincrement is not False:
        return False
    return path in REQUIRED or path in VALUES or not column.nullable


def _value(connection: Connection, column: Column) -> Any:
    path = f"{column.table.name}.{column.name}"
    if path in VALUES:
        return VALUES[path]
    if column.name == "status":
        return "published"
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        # Another row each time, so that a relation never points at itself; the four stages are shared.
        if target.table.name == "stages":
            return _stage(connection, "expression_preparation" if column.name == "target_id" else "latent_reasoning")
        return insert_valid(connection, target.table)[target.name]
    return _plain_value(column)


def _stage(connection: Connection, slug: str) -> int:
    stages = TABLES["stages"]
    found = connection.execute(select(stages.c.id).where(stages.c.slug == slug)).scalar()
    position = {"latent_reasoning": 3, "expression_preparation": 4}[slug]
    return found or insert_valid(connection, stages, slug=slug, position=position)["id"]


def _plain_value(column: Column) -> Any:  # noqa: PLR0911 - one line for each type
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 1, 1)
    if isinstance(kind, JSON):
        return []
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, Integer):
        return 1 if column.name == "version" else next(_serial) % 9000 + 1
    if isinstance(kind, String):
        return _text(column, kind)
    raise TypeError(f"no value for {column}")


def _text(column: Column, kind: String) -> str:
    if column.name.endswith("sha256"):
        return f"{next(_serial):064x}"
    if column.name == "orcid":
        return f"{next(_serial):019d}"
    made = f"{column.name[:6]}{next(_serial)}"
    return made[-kind.length :] if kind.length else made
