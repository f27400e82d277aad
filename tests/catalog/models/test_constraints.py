"""Each constraint has a row that it refuses, on SQLite and on PostgreSQL.

Foreign keys, uniqueness and missing values are walked from the tables; each CHECK has its bad row below, and a CHECK
without one fails the test.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, Table, UniqueConstraint, insert
from sqlalchemy.exc import DBAPIError

from tests.catalog.models import valid_rows as rows

# The bad values of each CHECK; a callable gets the connection.
BAD: dict[str, dict[str, Any]] = {
    "ck_stages_position_range": {"position": 5},
    "ck_stage_transitions_not_to_itself": {"source_id": "same", "target_id": "same"},
    "ck_findings_group_has_heads": {"group_heads": "L1H0+L1H1"},
    "ck_job_runs_end_whole": {"ended_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "ck_job_runs_ended_as_known": {"ended_at": datetime(2026, 1, 1, tzinfo=UTC), "ended_as": "un"},
    "ck_job_runs_progress_in_range": {"n_done": 5, "n_all": 2},
    "ck_papers_year_plausible": {"year": 20255},
    "ck_head_type_papers_sense_known": {"sense": "none"},
    "ck_head_type_relations_not_to_itself": {"source_id": "same", "target_id": "same"},
    "ck_head_type_relations_basis_known": {"basis": "hearsay"},
    "ck_stage_assignments_asserted_by_known": {"asserted_by": "rumour", "paper_id": None},
    "ck_stage_assignments_paper_or_curator": {"asserted_by": "curator"},
    "ck_method_papers_via_known": {"via": "x"},
    "ck_benchmarks_category_known": {"category": "other"},
    "ck_mechanism_steps_position_from_one": {"position": 0},
    "ck_external_taxonomy_entries_depth_range": {"depth_low": 0.9, "depth_high": 0.2},
    "ck_metrics_range_ordered": {"range_low": 1.0, "range_high": 0.0},
    "ck_language_models_n_layers_positive": {"n_layers": 0},
    "ck_language_models_n_heads_positive": {"n_heads": 0},
    "ck_language_models_n_kv_heads_range": {"n_heads": 4, "n_kv_heads": 8},
    "ck_findings_type_or_role": {"circuit_role": "also a role"},
    "ck_findings_value_has_metric": {"value": 0.5},
    "ck_findings_locator_given": {"locator": ""},
    "ck_circuit_variants_position_from_zero": {"position": -1},
    "ck_head_score_tables_published_or_measured": {"paper_id": None},
    "ck_head_score_tables_n_rows_not_negative": {"n_rows": -1},
    "ck_scan_runs_ends_after_start": {"finished_at": rows.datetime(2025, 1, 1, tzinfo=rows.UTC)},
    "ck_detector_error_rates_recall_range": {"recall": 1.5},
    "ck_detector_error_rates_false_positive_rate_range": {"false_positive_rate": -0.1},
    "ck_verifications_grade_range": {"grade": 5},
    "ck_verifications_p_value_range": {"p_value": 1.5},
    "ck_verifications_p_adjusted_range": {"p_adjusted": -0.5},
    "ck_verifications_score_or_reason": {"score": None},
    "ck_verifications_interval_whole": {"ci_low": 0.1},
    "ck_verifications_interval_ordered": {"ci_low": 0.9, "ci_high": 0.1},
    "ck_verifications_broad_share_range": {"broad_share": 1.5},
    "ck_detector_events_reason_given": {"reason": ""},
    "ck_contributors_orcid_form": {"orcid": "0000"},
    "ck_api_keys_hash_form": {"key_sha256": "short"},
    "ck_review_events_reason_given": {"reason": ""},
    "ck_entry_versions_version_from_one": {"version": 0},
    "ck_entry_versions_hash_form": {"content_sha256": "short"},
    "ck_head_list_versions_hash_form": {"content_sha256": "short"},
    "ck_head_list_versions_n_heads_not_negative": {"n_heads": -1},
    "ck_releases_hash_form": {"manifest_sha256": "short"},
}


def bad_values(table: Table, check: CheckConstraint) -> dict[str, Any]:
    name = str(check.name)
    if name in BAD:
        return BAD[name]
    rule = name.removeprefix(f"ck_{table.name}_")
    if rule.endswith("_known"):
        return {rule.removesuffix("_known"): "unheard"[:2]}
    if rule.endswith("_in_range"):
        return {rule.removesuffix("_in_range"): 10_000}
    if rule == "version_from_one":
        return {"version": 0}
    if rule == "withdrawn_has_reason":
        return {"status": "withdrawn"}
    raise AssertionError(f"{name} has no row that it refuses: add one to BAD")


def of_kind(kind: type) -> list[Any]:
    return [
        pytest.param(table, constraint, id=str(constraint.name))
        for table in rows.TABLES.values()
        for constraint in sorted(table.constraints, key=lambda c: str(c.name))
        if type(constraint) is kind
    ]


def unique_columns() -> list[Any]:
    found = [(table, tuple(c.name for c in u.columns)) for table, u in (p.values for p in of_kind(UniqueConstraint))]
    found += [(table, tuple(c.name for c in table.primary_key)) for table in rows.TABLES.values()]
    return [pytest.param(table, columns, id=f"{table.name}-{'-'.join(columns)}") for table, columns in found]


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as made:
        outer = made.begin()
        yield made
        outer.rollback()


def refused(connection: Connection, table: Table, row: dict[str, Any], word: str) -> None:
    with pytest.raises(DBAPIError) as problem, connection.begin_nested():
        connection.execute(insert(table).values(**row))
    assert word.lower() in str(problem.value.orig).lower()


@pytest.mark.parametrize("table", [pytest.param(t, id=t.name) for t in rows.TABLES.values()])
def test_the_valid_row_is_accepted(connection: Connection, table: Table) -> None:
    rows.insert_valid(connection, table)


@pytest.mark.parametrize(("table", "check"), of_kind(CheckConstraint))
def test_check_refuses_its_bad_row(connection: Connection, table: Table, check: CheckConstraint) -> None:
    row = rows.valid_row(connection, table)
    for name, value in bad_values(table, check).items():
        row[name] = row[name_of_first_key(table)] if value == "same" else value
    refused(connection, table, row, str(check.name))


def name_of_first_key(table: Table) -> str:
    return sorted(c.name for c in table.columns if c.foreign_keys)[0]


@pytest.mark.parametrize(("table", "columns"), unique_columns())
def test_uniqueness_refuses_the_second_row(connection: Connection, table: Table, columns: tuple[str, ...]) -> None:
    first = rows.insert_valid(
        connection,
        table,
        # NULLs never collide: a rule over an optional column is tested with a value in it.
        **{n: rows._value(connection, table.c[n]) for n in columns if table.c[n].nullable},
    )
    second = {**rows.valid_row(connection, table), **{name: first[name] for name in columns}}
    refused(connection, table, second, "unique")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        pytest.param(table, column.name, id=f"{table.name}.{column.name}")
        for table in rows.TABLES.values()
        for column in table.columns
        if column.foreign_keys
    ],
)
def test_foreign_key_refuses_a_missing_target(connection: Connection, table: Table, name: str) -> None:
    changes: dict[str, Any] = {name: 987_654}
    if f"{table.name}.{name}" == "head_score_tables.scan_run_id":
        changes["paper_id"] = None
    refused(connection, table, rows.valid_row(connection, table, **changes), "foreign key")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        pytest.param(table, column.name, id=f"{table.name}.{column.name}")
        for table in rows.TABLES.values()
        for column in table.columns
        if not column.nullable and not column.primary_key
    ],
)
def test_a_missing_value_is_refused(connection: Connection, table: Table, name: str) -> None:
    refused(connection, table, {**rows.valid_row(connection, table), name: None}, "null")
