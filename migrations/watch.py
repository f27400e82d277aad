"""Triggers by which a SQLite catalog counts its own changes, for migrations to call.

`catalog_revision` holds one number that grows with every row that is written, so that the server knows, with one
small read, whether an answer that it gave before still holds. Every table of the catalog is watched: a migration that
creates a table calls `watch` for it, and one that rebuilds a table (`batch_alter_table`) calls it again, because
SQLite drops the triggers together with the old table. PostgreSQL tells the same by its snapshots and needs none.
"""

from alembic import op

_MOMENTS = ("INSERT", "UPDATE", "DELETE")


def watch(table: str) -> None:
    """Count every row written to a table; no effect on PostgreSQL."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for moment in _MOMENTS:
        op.execute(
            f"CREATE TRIGGER watch_{table}_{moment.lower()} AFTER {moment} ON {table} "
            "BEGIN UPDATE catalog_revision SET revision = revision + 1; END"
        )


def unwatch(table: str) -> None:
    """Stop counting; for the way down. No effect on PostgreSQL."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for moment in _MOMENTS:
        op.execute(f"DROP TRIGGER IF EXISTS watch_{table}_{moment.lower()}")
