"""Full-text search, indexes for every filter and sort, and a count of changes.

Neither the full-text indexes nor the count are tables of the models: they follow from the other tables, are kept by
the database itself, and no backup holds them.

SQLite: one FTS5 table for each searched table, filled by triggers. PostgreSQL: one GIN index on an expression, which
no bulk load can bypass. Both cut a text into the same words: letters and digits of any language, in lower case. The
expressions are repeated in `catalog/queries/full_text.py`; a test holds both against each other.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.watch import unwatch, watch

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SEARCHED = {
    "findings": ("published_name", "task", "scope", "locator", "note"),
    "head_types": ("name", "slug", "definition", "input_feature", "output_feature", "task", "note"),
    "head_type_aliases": ("name",),
    "papers": ("title", "venue"),
    "circuits": ("name", "slug", "task", "edge_note"),
    "metrics": ("name", "slug", "definition"),
    "methods": ("name", "slug", "definition"),
}

_INDEXES = (
    ("ix_findings_value", "findings", ("value", "id")),
    ("ix_findings_layer", "findings", ("layer", "id")),
    ("ix_findings_head_index", "findings", ("head", "id")),
    ("ix_findings_type_value", "findings", ("head_type_id", "value", "id")),
    ("ix_findings_model_value", "findings", ("language_model_id", "value", "id")),
    ("ix_verifications_latest", "verifications", ("finding_id", "id")),
    ("ix_verifications_created_at", "verifications", ("created_at",)),
    ("ix_entry_versions_created_at", "entry_versions", ("created_at",)),
    ("ix_papers_year", "papers", ("year",)),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, list(columns), unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _add_sqlite()
    else:
        _add_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _watched():
            unwatch(table)
        op.execute("DROP TABLE catalog_revision")
        for table in _SEARCHED:
            for moment in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS search_{table}_{moment}")
            op.execute(f"DROP TABLE search_{table}")
    else:
        for table in _SEARCHED:
            op.execute(f"DROP INDEX search_{table}")
        op.execute("DROP FUNCTION headcat_words(text)")
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)


def _add_sqlite() -> None:
    watched = _watched()
    for table, columns in _SEARCHED.items():
        op.execute(f"CREATE VIRTUAL TABLE search_{table} USING fts5(text, tokenize = 'unicode61 remove_diacritics 0')")
        op.execute(f"INSERT INTO search_{table} (rowid, text) SELECT id, {_joined(columns)} FROM {table}")
        new = _joined(tuple(f"new.{column}" for column in columns))
        op.execute(
            f"CREATE TRIGGER search_{table}_insert AFTER INSERT ON {table} "
            f"BEGIN INSERT INTO search_{table} (rowid, text) VALUES (new.id, {new}); END"
        )
        op.execute(
            f"CREATE TRIGGER search_{table}_update AFTER UPDATE OF {', '.join(columns)} ON {table} "
            f"BEGIN UPDATE search_{table} SET text = {new} WHERE rowid = new.id; END"
        )
        op.execute(
            f"CREATE TRIGGER search_{table}_delete AFTER DELETE ON {table} "
            f"BEGIN DELETE FROM search_{table} WHERE rowid = old.id; END"
        )
    op.execute("CREATE TABLE catalog_revision (revision INTEGER NOT NULL)")
    op.execute("INSERT INTO catalog_revision VALUES (1)")
    for table in watched:
        watch(table)


def _add_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION headcat_words(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS "
        "$$ SELECT regexp_replace(lower($1), '[^[:alnum:]]+', ' ', 'g') $$"
    )
    for table, columns in _SEARCHED.items():
        words = f"to_tsvector('simple'::regconfig, headcat_words({_joined(columns)}))"
        op.execute(f"CREATE INDEX search_{table} ON {table} USING gin ({words})")


def _joined(columns: tuple[str, ...]) -> str:
    return " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)


def _watched() -> list[str]:
    """Tables of the catalog at this version; others, as those of a job queue, may share the file."""
    return [table for table in sa.inspect(op.get_bind()).get_table_names() if table in _TABLES.split()]


_TABLES = """
    api_keys benchmark_head_types benchmarks circuit_edges circuit_nodes circuit_roles circuit_variants circuits
    contributors crosswalk_matches detector_error_rates detector_head_types detectors entry_versions
    external_taxonomies external_taxonomy_entries findings glossary_terms head_score_tables head_scores
    head_type_aliases head_type_families head_type_layer_ranges head_type_papers head_type_relations head_types
    human_analogue_papers human_analogues language_models mechanism_papers mechanism_step_head_types
    mechanism_step_stages mechanism_steps mechanisms method_papers methods metrics papers releases review_events
    scan_runs stage_assignments stage_functions stage_transitions stages submissions verifications
"""
