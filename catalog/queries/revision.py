"""Which state of the catalog a session reads: one short text that changes with every change of any record.

Whoever keeps something made from the catalog keeps this text beside it and, when it is the same again, may use what
was kept without reading a record.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

# The transaction's own changes are in no snapshot: a transaction that has written has an identifier, and no revision.
_POSTGRESQL = text(
    "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text END "
    "|| ':' || (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_SQLITE = "SELECT revision FROM catalog_revision"


def get_revision(session: Session) -> str | None:
    """The state that this session reads; None where it cannot be told, because the session itself has written.

    On SQLite triggers count every row that is written (see `migrations/watch.py`). On PostgreSQL it is the snapshot:
    which transactions are visible. Any transaction of the server changes it, also one of another database, so that
    more is read again there than need be, and never less.
    """
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    # Every request asks for it, and the driver is asked in half the time.
    found = connection.exec_driver_sql(_SQLITE).scalar() if is_sqlite else connection.scalar(_POSTGRESQL)
    return None if found is None else str(found)
