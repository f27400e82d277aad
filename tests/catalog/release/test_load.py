"""A release loaded into an empty catalog equals the original, on both databases; a spoilt one changes nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from catalog.db import make_engine
from catalog.errors import ReleaseError
from catalog.export.folder import sha256_of_file
from catalog.export.tables import exported_tables
from catalog.release.create import create_release
from catalog.release.load import load_release
from catalog.schema import upgrade
from tests.catalog.release.conftest import NOW, PUBLIC_URL, Released
from tests.catalog.release.test_create import bytes_of
from tests.factories.paper import make_paper


def content(engine: Engine) -> dict[str, list[tuple]]:
    with engine.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in exported_tables()
        }


def test_what_is_loaded_equals_the_original(own_engine: Engine, released: Released, tmp_path: Path) -> None:
    load_release(own_engine, released.folder)
    assert content(own_engine) == content(released.engine)
    # The strictest comparison: the copy makes the same release, to the byte, also on the other database.
    assert create_release(own_engine, "2026-11", tmp_path / "again", PUBLIC_URL, NOW).is_known
    assert bytes_of(tmp_path / "again") == bytes_of(released.folder)
    with Session(own_engine) as session, session.begin():
        assert make_paper(session).id > 1  # keys go on behind those that were loaded


def test_a_catalog_with_records_is_left_alone(released: Released) -> None:
    before = content(released.engine)
    with pytest.raises(ReleaseError, match="holds records already"):
        load_release(released.engine, released.folder)
    assert content(released.engine) == before


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    made = make_engine(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'c.sqlite'}")
    upgrade(made)
    return made


@pytest.fixture
def copy(released: Released, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released.folder, tmp_path / "copy"))


def flip(folder: Path) -> None:
    file = folder / "parquet" / "papers.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def lose(folder: Path) -> None:
    (folder / "jsonl" / "papers.jsonl").unlink()


def empty_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def with_manifest(folder: Path, **changes: object) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def other_schema(folder: Path) -> None:
    with_manifest(folder, schema_version="0000")


def outside(folder: Path) -> None:
    with_manifest(folder, files=[{"name": "../outside", "n_bytes": 1, "sha256": "0" * 64}])


def other_tables(folder: Path) -> None:
    with_manifest(folder, tables={"papers": 1})


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (flip, "checksum differs"),
        (lose, "is missing"),
        (empty_manifest, "no manifest of a release"),
        (no_manifest, "is no release"),
        (other_schema, "schema version 0000"),
        (outside, "lies outside"),
        (other_tables, "does not name the tables"),
    ],
)
def test_a_spoilt_release_is_refused(empty: Engine, copy: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    spoil(copy)
    with pytest.raises(ReleaseError, match=sentence):
        load_release(empty, copy)
    assert not any(content(empty).values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda line: line[:-5], "line 1 is no row of papers"),
        (lambda line: '{"id": 1}', "its columns are id"),
        (lambda line: line + "\n" + line.replace('"id": 1', '"id": 2').replace("source", "other"), "has 2 rows"),
        (lambda line: line.replace('"year": 2024', '"year": 1'), "breaks a rule"),
    ],
)
def test_rows_of_a_forged_release_change_nothing(
    empty: Engine, copy: Path, change: Callable[[str], str], sentence: str
) -> None:
    file = copy / "jsonl" / "papers.jsonl"
    file.write_text(change(file.read_text("utf-8").rstrip("\n")) + "\n", "utf-8")
    manifest = json.loads((copy / "manifest.json").read_text())
    for each in manifest["files"]:
        each["sha256"] = sha256_of_file(copy / each["name"])
    with_manifest(copy, files=manifest["files"])
    with pytest.raises(ReleaseError, match=sentence):
        load_release(empty, copy)
    assert not any(content(empty).values())
