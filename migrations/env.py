"""How alembic reaches the catalog's database and which tables are its business."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from catalog import schema
from catalog.db import make_engine
from catalog.models import Base
from catalog.models.base import UTCDateTime
from catalog.settings import CatalogSettings


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave tables of others alone: a job queue may share the database, and full-text indexes keep themselves."""
    return schema.is_ours(name, kind)


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our own column types as plain SQL types: a migration imports no model."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def run(connection: Connection) -> None:
    """Apply migrations over one connection, all or nothing."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        render_item=render_item,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(CatalogSettings().database_url)
    with engine.begin() as own:
        run(own)
    engine.dispose()
