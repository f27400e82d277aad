"""What lists of re-runs are asked for, beside the record that holds it: signer, standing, what is repeated, breadth.

Rows that are there get what their records say; none of these has measured breadth.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_VERDICTS = "'reproduced', 'partially_reproduced', 'not_reproduced', 'inconclusive', 'not_applicable', 'error'"
_COLUMNS: dict[str, tuple[sa.types.TypeEngine, str | None, str | None]] = {
    "signer": (sa.String(64), None, None),
    "standing": (sa.String(16), "standing_known", "standing IN ('exploratory', 'confirmatory')"),
    "repeats": (sa.String(16), None, None),
    "broad_verdict": (sa.String(24), "broad_verdict_known", f"broad_verdict IN ({_VERDICTS})"),
    "broad_share": (sa.Double(), "broad_share_range", "broad_share IS NULL OR broad_share BETWEEN 0 AND 1"),
}
_INDEXED = ("signer", "repeats")


def upgrade() -> None:
    # By hand, not by rebuilding the table, which would drop its triggers.
    dialect = op.get_bind().dialect
    for name, (kind, rule_name, rule) in _COLUMNS.items():
        check = f" CONSTRAINT ck_verifications_{rule_name} CHECK ({rule})" if rule_name else ""
        op.execute(f"ALTER TABLE verifications ADD COLUMN {name} {kind.compile(dialect=dialect)}{check}")
    for name in _INDEXED:
        op.create_index(f"ix_verifications_{name}", "verifications", [name])
    if dialect.name == "sqlite":
        standing, repeats = "json_extract(record, '$.standing')", "json_extract(record, '$.repeats.accession')"
    else:
        standing, repeats = "record ->> 'standing'", "record -> 'repeats' ->> 'accession'"
    # A signature is `ed25519:PUBLIC KEY:SIGNATURE`, with a key of 44 letters.
    op.execute(
        f"UPDATE verifications SET standing = {standing}, repeats = {repeats}, signer = substr(signature, 9, 44)"
    )


def downgrade() -> None:
    for name in _INDEXED:
        op.drop_index(f"ix_verifications_{name}", table_name="verifications")
    for name in reversed(_COLUMNS):
        op.execute(f"ALTER TABLE verifications DROP COLUMN {name}")
