"""The verdict of a finding's latest re-run beside the finding, kept by the database itself.

A list sorted or filtered by verdict had to look up the latest re-run of each finding. Triggers keep the column, so
that it is right whoever writes verifications, and no export holds it, because it follows from them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEXES = (
    ("ix_findings_verdict", ("latest_verdict", "id")),
    ("ix_findings_verdict_value", ("latest_verdict", "value", "id")),
    ("ix_findings_type_verdict", ("head_type_id", "latest_verdict", "value", "id")),
)
_MOMENTS = {"insert": ("new",), "update": ("new", "old"), "delete": ("old",)}
_LATEST = (
    "(SELECT verdict FROM verifications WHERE finding_id = findings.id AND status <> 'withdrawn' "
    "ORDER BY id DESC LIMIT 1)"
)


def upgrade() -> None:
    # Not by rebuilding the table, which would drop its triggers.
    op.add_column("findings", sa.Column("latest_verdict", sa.String(length=24), nullable=True))
    op.execute(f"UPDATE findings SET latest_verdict = {_LATEST} WHERE id IN (SELECT finding_id FROM verifications)")
    for name, columns in _INDEXES:
        op.create_index(name, "findings", list(columns), unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _add_sqlite()
    else:
        _add_postgresql()


def downgrade() -> None:
    for moment in _MOMENTS:
        on_table = "" if op.get_bind().dialect.name == "sqlite" else " ON verifications"
        op.execute(f"DROP TRIGGER latest_verdict_{moment}{on_table}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION headcat_keep_latest_verdict()")
    for name, _ in reversed(_INDEXES):
        op.drop_index(name, table_name="findings")
    op.execute("ALTER TABLE findings DROP COLUMN latest_verdict")


def _add_sqlite() -> None:
    for moment, rows in _MOMENTS.items():
        changed = ", ".join(f"{row}.finding_id" for row in rows)
        op.execute(
            f"CREATE TRIGGER latest_verdict_{moment} AFTER {moment.upper()} ON verifications "
            f"BEGIN UPDATE findings SET latest_verdict = {_LATEST} WHERE id IN ({changed}); END"
        )


def _add_postgresql() -> None:
    # Of `old` and `new`, the one that a moment has not is null.
    op.execute(
        "CREATE FUNCTION headcat_keep_latest_verdict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"UPDATE findings SET latest_verdict = {_LATEST} WHERE id IN (new.finding_id, old.finding_id); "
        "RETURN NULL; END $$"
    )
    for moment in _MOMENTS:
        op.execute(
            f"CREATE TRIGGER latest_verdict_{moment} AFTER {moment.upper()} ON verifications "
            "FOR EACH ROW EXECUTE FUNCTION headcat_keep_latest_verdict()"
        )
