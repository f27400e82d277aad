"""An export holds every published row in each format, nothing private, and appears whole or not at all."""

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, create_engine, func, inspect, make_url, select, text
from sqlalchemy.orm import Session

from catalog.db import make_engine
from catalog.errors import ExportError
from catalog.export import whole
from catalog.export.folder import whole_folder
from catalog.export.reading import TableSource, snapshot
from catalog.export.tables import PRIVATE_TABLES, exported_columns, exported_tables
from catalog.export.whole import FORMATS, Format, export_catalog
from catalog.models import Base, Contributor, Paper
from catalog.schema import upgrade
from catalog.seed import load
from catalog.vocabulary import Role
from tests.catalog.conftest import SMALL_SEEDS

PERSON = "a person who contributed"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Engine]:
    """A small catalog with a text that every format must quote, and a contributor whom none may show."""
    folder = tmp_path_factory.mktemp("export")
    for name, content in SMALL_SEEDS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    address, admin, name = f"sqlite:///{folder / 'c.sqlite'}", None, f"headcat_export_{worker_id}_{os.getpid()}"
    if request.param == "postgresql":
        server = make_url(request.getfixturevalue("postgresql_server")).set(drivername="postgresql+psycopg")
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        address = server.set(database=name).render_as_string(hide_password=False)
    made = make_engine(address)
    upgrade(made)
    load(made, folder)
    with Session(made) as session, session.begin():
        session.execute(Paper.__table__.update().values(title='Heads, "quoted"\nand =broken', venue=""))
        session.add(Contributor(name=PERSON, role=Role.READER))
    yield made
    made.dispose()
    if admin is not None:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(scope="module")
def exported(filled: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The catalog in every format."""
    folders: dict[str, Path] = {}
    for format in FORMATS:
        folders[format] = tmp_path_factory.mktemp("exported") / format
        export_catalog(filled, folders[format], format)
    return folders


def expected(engine: Engine, name: str) -> list[dict]:
    table = Base.metadata.tables[name]
    with engine.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        statement = select(*exported_columns(table)).order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(statement).mappings()]


def test_jsonl_holds_every_value(filled: Engine, exported: dict[str, Path]) -> None:
    for name in ("papers", "findings", "head_scores", "metrics"):
        lines = (exported["jsonl"] / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == expected(filled, name)


def test_csv_tells_an_empty_text_from_an_absent_value(exported: dict[str, Path]) -> None:
    file = exported["csv"] / "papers.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        (paper,) = csv.DictReader(stream)
    assert paper["title"] == 'Heads, "quoted"\nand =broken'
    assert json.loads(paper["authors"]) == []
    assert f',"",{paper["entry_type"]},' in file.read_text("utf-8")
    assert (paper["arxiv_id"], paper["year"]) == ("", "2024")


def test_parquet_holds_every_value_with_its_type(filled: Engine, exported: dict[str, Path]) -> None:
    versions = pq.read_table(exported["parquet"] / "entry_versions.parquet")
    assert versions.to_pylist() == expected(filled, "entry_versions")
    scores = pq.read_table(exported["parquet"] / "head_scores.parquet")
    assert scores["score"].to_pylist() == [row["score"] for row in expected(filled, "head_scores")]
    assert str(scores.schema.field("score").type) == "double"
    assert [json.loads(each) for each in scores["details"].to_pylist()] == [
        row["details"] for row in expected(filled, "head_scores")
    ]


def test_sqlite_is_a_catalog_of_the_same_rows(filled: Engine, exported: dict[str, Path], tmp_path: Path) -> None:
    # Opening a catalog turns its journal to WAL, which changes the file's header: work on a copy.
    file = Path(shutil.copy(exported["sqlite"] / "catalog.sqlite", tmp_path))
    copy = make_engine(f"sqlite:///{file}")
    for table in exported_tables():
        assert expected(copy, table.name) == expected(filled, table.name), table.name
    assert set(inspect(copy).get_table_names()) >= set(Base.metadata.tables)
    copy.dispose()


def test_nothing_private_is_exported(exported: dict[str, Path]) -> None:
    for format, folder in exported.items():
        for file in folder.iterdir():
            assert PERSON.encode() not in file.read_bytes(), file
            assert format == "sqlite" or file.stem not in PRIVATE_TABLES


def test_every_table_of_persons_is_private() -> None:
    persons = {"contributors", *(t.name for t in Base.metadata.sorted_tables if refers_to(t, "contributors"))}
    assert persons <= PRIVATE_TABLES


def refers_to(table, name: str) -> bool:
    return any(not c.nullable and k.column.table.name == name for c in table.columns for k in c.foreign_keys)


def test_checksums_are_those_of_the_files(exported: dict[str, Path]) -> None:
    for folder in exported.values():
        listed = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
        assert set(listed) == {file.name for file in folder.iterdir()} - {"SHA256SUMS"}
        for name, digest in listed.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("format", FORMATS)
def test_a_second_export_has_the_same_bytes(
    filled: Engine, exported: dict[str, Path], tmp_path: Path, format: Format
) -> None:
    export_catalog(filled, tmp_path / "again", format)
    assert (tmp_path / "again" / "SHA256SUMS").read_text() == (exported[format] / "SHA256SUMS").read_text()


def test_batches_cover_a_table_once(filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.export.reading._BATCH", 3)
    counts = export_catalog(filled, tmp_path / "out", "jsonl")
    with filled.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        for table in exported_tables():
            assert counts[table.name] == connection.scalar(select(func.count()).select_from(table)), table.name
    assert counts["head_scores"] == 4


def test_all_tables_are_of_one_state(filled: Engine) -> None:
    with snapshot(filled) as reading:
        scores = TableSource(reading, Base.metadata.tables["head_scores"])
        assert sum(len(batch[0]) for batch in scores.batches()) == 4
        papers = Base.metadata.tables["papers"]
        with Session(filled) as writing:
            key = writing.scalars(select(Paper.id)).one()
            writing.execute(papers.update().values(pages="1-2"))
            writing.commit()
        (batch,) = TableSource(reading, papers).batches()
        assert dict(zip(papers.columns.keys(), (column[0] for column in batch), strict=True))["pages"] is None
    with Session(filled) as writing:
        assert writing.scalars(select(Paper.pages).where(Paper.id == key)).one() == "1-2"
        writing.execute(papers.update().values(pages=None))
        writing.commit()


def test_a_folder_in_use_is_left_alone(filled: Engine, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(ExportError, match="not empty"):
        export_catalog(filled, tmp_path, "csv")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_full_disk_leaves_nothing(filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: object, file: Path) -> int:
        file.write_text("half a line")
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setitem(whole._WRITERS, "csv", full)
    with pytest.raises(ExportError, match=r"No space left on device\. Nothing was left behind\."):
        export_catalog(filled, tmp_path / "out", "csv")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole_folder(tmp_path / "out") as part:
            (part / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_polite_kill_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import pathlib, time\nfrom catalog.export.folder import whole_folder\n"
        f"with whole_folder(pathlib.Path({str(tmp_path / 'out')!r})) as part:\n"
        "    (part / 'half').write_text('x')\n    print('writing', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_its_library_says_what_to_install(
    filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.export.parquet_files.find_spec", lambda _name: None)
    with pytest.raises(ExportError, match=r"headcat\[export\]"):
        export_catalog(filled, tmp_path / "out", "parquet")
    assert list(tmp_path.iterdir()) == []
