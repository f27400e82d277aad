"""A backup equals the catalog, on both databases and from one to the other."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from catalog.backup import back_up, restore
from catalog.db import make_engine
from catalog.errors import BackupError
from catalog.models import Base, Contributor, Method
from catalog.models.base import now
from catalog.schema import upgrade
from catalog.vocabulary import Role
from tests.catalog.models.valid_rows import TABLES, insert_valid


@pytest.fixture
def filled(engine: Engine) -> Iterator[Engine]:
    """A catalog with a row in every table, emptied again afterwards."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            insert_valid(connection, table) if table.name != "stages" else None
        # A row that points at a later row of its own table.
        child = connection.execute(select(Method.id)).scalars().first()
        parent = insert_valid(connection, TABLES["methods"])["id"]
        connection.execute(TABLES["methods"].update().where(Method.id == child).values(parent_id=parent))
    yield engine
    with engine.begin() as connection:
        connection.execute(TABLES["methods"].update().values(parent_id=None))
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


def content(engine: Engine) -> dict[str, list[tuple]]:
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_a_backup_holds_every_row(filled: Engine, tmp_path: Path) -> None:
    counts = back_up(filled, tmp_path / "backup.sqlite")
    copy = make_engine(f"sqlite:///{tmp_path / 'backup.sqlite'}")
    assert content(copy) == content(filled)
    assert counts == {name: len(rows) for name, rows in content(filled).items()}
    assert min(counts.values()) >= 1
    copy.dispose()


def test_a_backup_is_one_file(filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["backup.sqlite"]


def test_restoring_brings_back_what_was_there(filled: Engine, tmp_path: Path) -> None:
    before = content(filled)
    back_up(filled, tmp_path / "backup.sqlite")
    with filled.begin() as connection:
        connection.execute(insert(TABLES["contributors"]).values(name="late", role=Role.READER, created_at=now()))
    restore(filled, tmp_path / "backup.sqlite")
    assert content(filled) == before


def test_keys_go_on_after_a_restore(filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.sqlite")
    restore(filled, tmp_path / "backup.sqlite")
    with filled.begin() as connection:
        made = insert_valid(connection, TABLES["contributors"])
        assert made["id"] > max(
            connection.execute(select(Contributor.id).where(Contributor.id != made["id"])).scalars()
        )


def test_an_existing_file_is_not_overwritten(filled: Engine, tmp_path: Path) -> None:
    (tmp_path / "backup.sqlite").write_text("mine")
    with pytest.raises(BackupError, match="exists"):
        back_up(filled, tmp_path / "backup.sqlite")
    assert (tmp_path / "backup.sqlite").read_text() == "mine"


@pytest.mark.parametrize("bad", ["missing", "text", "other", "cut"])
def test_a_file_that_is_no_backup_changes_nothing(filled: Engine, tmp_path: Path, bad: str) -> None:
    file = tmp_path / "bad.sqlite"
    if bad == "text":
        file.write_text("not a database")
    elif bad == "other":
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE x (y)")
    elif bad == "cut":
        back_up(filled, tmp_path / "whole.sqlite")
        file.write_bytes((tmp_path / "whole.sqlite").read_bytes()[:60_000])
    before = content(filled)
    with pytest.raises(BackupError):
        restore(filled, file)
    assert content(filled) == before


def test_a_sqlite_catalog_moves_to_another_database(filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.sqlite")
    other = make_engine(f"sqlite:///{tmp_path / 'other.sqlite'}")
    upgrade(other)
    restore(other, tmp_path / "backup.sqlite")
    assert content(other) == content(filled)
    other.dispose()
