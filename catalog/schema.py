"""Bring a database to the schema of this program. Which version it is at is told by `schema_version`."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

import migrations
from catalog.errors import SchemaVersionError
from catalog.models import Base
from catalog.schema_version import current_revision, head_revision, known_revisions, require_current

__all__ = ["alembic_config", "current_revision", "downgrade", "drift", "head_revision", "require_current", "upgrade"]


def alembic_config() -> Config:
    """Alembic's settings, found beside the migrations: no alembic.ini, also in an installed wheel."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to a revision, in one transaction.

    Raises:
        SchemaVersionError: Another version of this program made the database.
    """
    config = alembic_config()
    found = current_revision(engine)
    if found is not None and found not in known_revisions():
        raise SchemaVersionError(found, head_revision(), is_known=False)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate down to a revision, in one transaction."""
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def is_ours(name: str | None, kind: str) -> bool:
    """Whether the models describe something: tables of others and the full-text indexes they do not."""
    if kind == "index" and name is not None and name.startswith("search_"):
        return False
    return kind != "table" or name in Base.metadata.tables


def drift(engine: Engine) -> list[str]:
    """Differences between the migrated schema and the models; empty when they agree."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _parents: is_ours(name, kind)},
        )
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]
