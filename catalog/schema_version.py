"""Which schema version a database is at, and which one this program needs.

Kept apart from `schema`, which migrates: asking must not load alembic, or every start of the server would wait for it.
"""

import re
from pathlib import Path

from sqlalchemy import Engine, inspect, text

import migrations
from catalog.errors import SchemaVersionError

_ASSIGNED = re.compile(r'^(revision|down_revision)\b[^=\n]*= (?:"([^"]+)"|None)$', re.M)


def known_revisions() -> dict[str, str | None]:
    """Every schema version of this program, with the one before it."""
    known = {}
    for file in sorted((Path(migrations.__file__).parent / "versions").glob("*.py")):
        assigned = {name: value or None for name, value in _ASSIGNED.findall(file.read_text(encoding="utf-8"))}
        known[assigned["revision"] or ""] = assigned["down_revision"]
    return known


def head_revision() -> str:
    """The schema version that this program needs."""
    known = known_revisions()
    (head,) = set(known) - set(known.values())
    return head


def current_revision(engine: Engine) -> str | None:
    """The schema version of a database; None where it holds no catalog."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def require_current(engine: Engine) -> None:
    """Refuse to work on another schema version.

    Raises:
        SchemaVersionError: The database is older or newer than this program.
    """
    found, needed = current_revision(engine), head_revision()
    if found != needed:
        raise SchemaVersionError(found, needed, is_known=found is None or found in known_revisions())
