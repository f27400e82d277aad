"""Jobs: each start of each job, and which job a scan run came from."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ENDS = "'done', 'failed', 'cancelled', 'stopped', 'died', 'forgiven'"


def upgrade() -> None:
    # Not watched: a worker tells how far it is every second, and no answer about the catalog depends on it.
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=128), nullable=False),
        sa.Column("worker", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(length=512), nullable=False),
        sa.Column("n_done", sa.Integer(), nullable=True),
        sa.Column("n_all", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=16), nullable=True),
        sa.CheckConstraint(f"ended_as IN ({_ENDS})", name=op.f("ck_job_runs_ended_as_known")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name=op.f("ck_job_runs_end_whole")),
        sa.CheckConstraint(
            "n_done IS NULL OR (n_done >= 0 AND n_done <= n_all)", name=op.f("ck_job_runs_progress_in_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    op.create_index("ix_job_runs_job", "job_runs", ["job_id", "id"])
    # An index and no constraint, so that SQLite need not rebuild the table and lose its triggers.
    op.add_column("scan_runs", sa.Column("job_part", sa.String(length=320), nullable=True))
    op.create_index("uq_scan_runs_job_part", "scan_runs", ["job_part"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_scan_runs_job_part", "scan_runs")
    op.drop_column("scan_runs", "job_part")
    op.drop_table("job_runs")
