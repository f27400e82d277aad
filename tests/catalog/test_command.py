"""The command itself: quick, clear about mistakes, and silent about its insides."""

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

HEADCAT = Path(sys.executable).parent / "headcat"


def headcat(*arguments: str, database: str | Path) -> subprocess.CompletedProcess[str]:
    url = database if isinstance(database, str) else f"sqlite:///{database}"
    return subprocess.run(
        [HEADCAT, *arguments],
        env={**os.environ, "HEADCAT_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def one_sentence(run: subprocess.CompletedProcess[str], code: int) -> str:
    """The error as a user sees it: one line, no traceback, the exit code of the contract."""
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("headcat: ")
    return lines[0]


def test_help_lists_the_commands(tmp_path: Path) -> None:
    run = headcat("--help", database=tmp_path / "c.sqlite")
    assert run.returncode == 0
    for name in ("cite", "db", "detectors", "scan", "seed", "serve", "verify"):
        assert f"\n  {name} " in run.stdout


def test_help_loads_neither_torch_nor_the_database(tmp_path: Path) -> None:
    probe = (
        "import sys; sys.argv = ['headcat', '--help']\n"
        "from catalog.command import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'sqlalchemy', 'fastapi', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_misspelt_command_is_answered_with_the_nearest(tmp_path: Path) -> None:
    message = one_sentence(headcat("verfy", database=tmp_path / "c.sqlite"), code=2)
    assert "verify" in message


@pytest.mark.parametrize(
    ("database", "word"),
    [
        ("mysql://localhost/x", "sqlite:///"),
        ("nonsense", "no database address"),
        ("postgresql://nobody@127.0.0.1:1/none", "refused"),
        ("sqlite:////proc/none/catalog.sqlite", "/proc/none"),
    ],
)
def test_an_unusable_database_is_told_in_one_sentence(database: str, word: str) -> None:
    assert word in one_sentence(headcat("db", "upgrade", database=database), code=1)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to be looked at" * 20)
    assert "no SQLite database" in one_sentence(headcat("db", "upgrade", database=tmp_path / "text.sqlite"), code=1)


def test_a_database_of_another_version_is_told(tmp_path: Path) -> None:
    file = tmp_path / "c.sqlite"
    headcat("db", "upgrade", database=file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'future'")
    for command in (["seed"], ["db", "upgrade"], ["db", "check"], ["db", "backup", str(tmp_path / "b.sqlite")]):
        assert "another version of headcat" in one_sentence(headcat(*command, database=file), code=1)


def test_a_database_without_catalog_is_told_what_to_run(tmp_path: Path) -> None:
    for command in (["seed"], ["db", "check"], ["db", "backup", str(tmp_path / "b.sqlite")]):
        message = one_sentence(headcat(*command, database=tmp_path / "none.sqlite"), code=1)
        assert "headcat db upgrade" in message


def test_a_full_disk_stores_nothing(tmp_path: Path) -> None:
    """The operating system refuses to let the file grow, as a full disk would."""
    file = tmp_path / "c.sqlite"
    headcat("db", "upgrade", database=file)
    limit = 4_000_000  # bytes: room for the schema and a part of the seed, not for all of it

    def cannot_grow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    run = subprocess.run(
        [HEADCAT, "seed"],
        env={**os.environ, "HEADCAT_DATABASE_URL": f"sqlite:///{file}"},
        preexec_fn=cannot_grow,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "free some room" in one_sentence(run, code=1)
    with sqlite3.connect(file) as connection:
        for table in ("papers", "findings", "head_scores", "entry_versions"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert headcat("seed", database=file).returncode == 0
