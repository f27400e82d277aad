"""Bring a database to the schema of this program, and tell when it is not there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

import migrations
from catalog.errors import SchemaVersionError
from catalog.models import Base


def alembic_config() -> Config:
    """Alembic's settings, found beside the migrations: no alembic.ini, also in an installed wheel."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def head_revision() -> str:
    """The schema version that this program needs."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def current_revision(engine: Engine) -> str | None:
    """The schema version of a database; None where it holds no catalog."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to a revision, in one transaction.

    Raises:
        SchemaVersionError: Another version of this program made the database.
    """
    config = alembic_config()
    found = current_revision(engine)
    if found is not None and found not in _known_revisions():
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


def require_current(engine: Engine) -> None:
    """Refuse to work on another schema version.

    Raises:
        SchemaVersionError: The database is older or newer than this program.
    """
    found, needed = current_revision(engine), head_revision()
    if found != needed:
        raise SchemaVersionError(found, needed, is_known=found is None or found in _known_revisions())


def drift(engine: Engine) -> list[str]:
    """Differences between the migrated schema and the models; empty when they agree."""
    ours = Base.metadata.tables
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _parents: kind != "table" or name in ours},
        )
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]
