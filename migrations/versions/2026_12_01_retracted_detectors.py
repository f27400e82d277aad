"""Detector versions that somebody found faulty: their re-runs stay readable, and none of them counts any more.

The verdict beside a finding is that of its latest re-run by a detector that stands. A trigger on detectors keeps it
when one is retracted or reinstated.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.watch import unwatch, watch

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLE = "detector_events"
_MOMENTS = {"insert": ("new",), "update": ("new", "old"), "delete": ("old",)}
_ANY = "(SELECT verdict FROM verifications WHERE finding_id = findings.id AND status <> 'withdrawn' {}ORDER BY id DESC LIMIT 1)"
_LATEST_OF_ALL = _ANY.format("")
_LATEST = _ANY.format("AND detector_id NOT IN (SELECT id FROM detectors WHERE maturity = 'faulty') ")


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("detector_id", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("maturity_before", sa.String(length=16), nullable=False),
        sa.Column("n_verifications", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("change IN ('retracted', 'reinstated')", name=op.f("ck_detector_events_change_known")),
        sa.CheckConstraint(
            "maturity_before IN ('experimental', 'calibrated', 'faulty')",
            name=op.f("ck_detector_events_maturity_before_known"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_detector_events_reason_given")),
        sa.ForeignKeyConstraint(
            ["detector_id"], ["detectors.id"], name=op.f("fk_detector_events_detector_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["contributors.id"], name=op.f("fk_detector_events_actor_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector_events")),
    )
    op.create_index(op.f("ix_detector_events_detector_id"), _TABLE, ["detector_id"])
    op.create_index(op.f("ix_detector_events_actor_id"), _TABLE, ["actor_id"])
    watch(_TABLE)
    _replace(_LATEST)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER latest_verdict_detector AFTER UPDATE OF maturity ON detectors {_of_detector()}")
    else:
        op.execute(
            "CREATE FUNCTION headcat_keep_verdicts_of_detector() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"{_of_detector()[:-3]} RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER latest_verdict_detector AFTER UPDATE OF maturity ON detectors "
            "FOR EACH ROW EXECUTE FUNCTION headcat_keep_verdicts_of_detector()"
        )


def downgrade() -> None:
    on_table = "" if op.get_bind().dialect.name == "sqlite" else " ON detectors"
    op.execute(f"DROP TRIGGER latest_verdict_detector{on_table}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION headcat_keep_verdicts_of_detector()")
    _replace(_LATEST_OF_ALL)
    unwatch(_TABLE)
    op.drop_table(_TABLE)


def _of_detector() -> str:
    return (
        f"BEGIN UPDATE findings SET latest_verdict = {_LATEST} WHERE id IN "
        "(SELECT finding_id FROM verifications WHERE detector_id = new.id); END"
    )


def _replace(latest: str) -> None:
    """Have the database keep another verdict beside findings, from this moment on and for the rows there are."""
    if op.get_bind().dialect.name == "sqlite":
        for moment, rows in _MOMENTS.items():
            changed = ", ".join(f"{row}.finding_id" for row in rows)
            op.execute(f"DROP TRIGGER latest_verdict_{moment}")
            op.execute(
                f"CREATE TRIGGER latest_verdict_{moment} AFTER {moment.upper()} ON verifications "
                f"BEGIN UPDATE findings SET latest_verdict = {latest} WHERE id IN ({changed}); END"
            )
    else:
        op.execute(
            "CREATE OR REPLACE FUNCTION headcat_keep_latest_verdict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"UPDATE findings SET latest_verdict = {latest} WHERE id IN (new.finding_id, old.finding_id); "
            "RETURN NULL; END $$"
        )
    op.execute(f"UPDATE findings SET latest_verdict = {latest} WHERE id IN (SELECT finding_id FROM verifications)")
