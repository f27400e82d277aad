"""Frozen lists of heads for inference engines."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.watch import unwatch, watch

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLE = "head_list_versions"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language_model_id", sa.Integer(), nullable=False),
        sa.Column("head_type_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("n_heads", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "basis IN ('claimed', 'undisputed', 'reproduced')", name=op.f("ck_head_list_versions_basis_known")
        ),
        sa.CheckConstraint("length(content_sha256) = 64", name=op.f("ck_head_list_versions_hash_form")),
        sa.CheckConstraint("n_heads >= 0", name=op.f("ck_head_list_versions_n_heads_not_negative")),
        sa.CheckConstraint("unit IN ('query_head', 'kv_group')", name=op.f("ck_head_list_versions_unit_known")),
        sa.ForeignKeyConstraint(
            ["head_type_id"],
            ["head_types.id"],
            name=op.f("fk_head_list_versions_head_type_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["language_model_id"],
            ["language_models.id"],
            name=op.f("fk_head_list_versions_language_model_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_list_versions")),
    )
    op.create_index("ix_head_list_versions_list", _TABLE, ["language_model_id", "head_type_id", "unit", "basis"])
    op.create_index(op.f("ix_head_list_versions_head_type_id"), _TABLE, ["head_type_id"])
    op.create_index(op.f("ix_head_list_versions_content_sha256"), _TABLE, ["content_sha256"])
    watch(_TABLE)


def downgrade() -> None:
    unwatch(_TABLE)
    op.drop_table(_TABLE)
