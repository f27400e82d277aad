"""Migrations: from nothing up, no drift, down and up again, and a database at another version is refused."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, make_url, text

from catalog import schema
from catalog.db import make_engine
from catalog.errors import SchemaVersionError
from catalog.models import Base


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    """An empty database of its own."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        yield made
        made.dispose()
        return
    url = make_url(request.getfixturevalue("postgresql_url"))
    admin = make_engine(url.render_as_string(hide_password=False)).execution_options(isolation_level="AUTOCOMMIT")
    name = f"{url.database}_empty"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = make_engine(url.set(database=name).render_as_string(hide_password=False))
    yield made
    made.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def tables(engine: Engine) -> set[str]:
    """Tables without those that the database keeps by itself: alembic's, full-text indexes, the count of changes."""
    own = {"alembic_version", "catalog_revision"}
    return {name for name in inspect(engine).get_table_names() if not name.startswith("search_")} - own


def test_upgrade_makes_every_table_without_drift(empty: Engine) -> None:
    schema.upgrade(empty)
    assert tables(empty) == set(Base.metadata.tables)
    assert schema.drift(empty) == []


def test_down_leaves_nothing_and_up_again_has_no_drift(empty: Engine) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "base")
    assert tables(empty) == set()
    schema.upgrade(empty)
    assert schema.drift(empty) == []


def test_one_step_down_and_up(empty: Engine) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "-1")
    schema.upgrade(empty)
    assert schema.drift(empty) == []
    schema.require_current(empty)


def test_drift_sees_a_missing_column(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE releases ADD COLUMN stray INTEGER"))
    assert any("stray" in difference for difference in schema.drift(empty))


def test_tables_of_others_are_no_drift(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (id INTEGER PRIMARY KEY)"))
    assert schema.drift(empty) == []


def test_a_database_without_catalog_is_refused_with_the_command_to_run(empty: Engine) -> None:
    with pytest.raises(SchemaVersionError, match=r"holds no catalog yet.*headcat db upgrade"):
        schema.require_current(empty)


def test_a_database_at_another_version_is_refused(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaVersionError, match=r"made by another version of headcat"):
        schema.require_current(empty)
