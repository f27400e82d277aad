"""Claims about several heads together: a unit of their own, and the heads that it names.

Existing claims are about single heads or key-value groups and stay as they are.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("findings", "head_score_tables", "head_list_versions")
_BEFORE = "unit IN ('query_head', 'kv_group')"
_AFTER = "unit IN ('query_head', 'kv_group', 'head_group')"
_GROUPS = "FROM findings WHERE unit = 'head_group'"
_RULE = "CONSTRAINT ck_findings_group_has_heads CHECK ((unit = 'head_group') = (group_heads IS NOT NULL))"


def upgrade() -> None:
    for table in _TABLES:
        _replace_rule(table, _BEFORE, _AFTER)
    op.execute(f"ALTER TABLE findings ADD COLUMN group_heads VARCHAR {_RULE}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE findings DROP CONSTRAINT ck_findings_group_has_heads")
    reruns = f"verifications WHERE finding_id IN (SELECT id {_GROUPS})"
    op.execute(f"DELETE FROM entry_versions WHERE accession IN (SELECT accession FROM {reruns})")
    op.execute(f"DELETE FROM {reruns}")
    op.execute(f"DELETE FROM entry_versions WHERE accession IN (SELECT accession {_GROUPS})")
    op.execute(f"DELETE {_GROUPS}")
    op.execute("ALTER TABLE findings DROP COLUMN group_heads")
    for table in _TABLES:
        _replace_rule(table, _AFTER, _BEFORE)


def _replace_rule(table: str, before: str, after: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        name = f"ck_{table}_unit_known"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({after})")
        return
    # SQLite has no statement for it, and rebuilding the table would drop its triggers. Its manual (ALTER TABLE,
    # section 7) gives this way for a CHECK: the schema is a text, and the rows stay as they are.
    op.execute("PRAGMA writable_schema = ON")
    quoted = (text.replace("'", "''") for text in (before, after))
    old, new = quoted
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE type = 'table' AND name = '{table}'"
    )
    version = op.get_bind().exec_driver_sql("PRAGMA schema_version").scalar_one()
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
