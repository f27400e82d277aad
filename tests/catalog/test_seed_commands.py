"""`headcat seed` and `headcat db check` as a user meets them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.db import make_engine
from catalog.models import LanguageModel


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "catalog.command", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def place(tmp_path: Path, small_seeds: Path) -> dict[str, str]:
    return {"HEADCAT_DATABASE_URL": f"sqlite:///{tmp_path / 'c.sqlite'}", "HEADCAT_SEEDS": str(small_seeds)}


def test_seed_before_upgrade_says_what_to_run(place: dict[str, str]) -> None:
    done = run("seed", **place)
    assert (done.returncode, done.stdout) == (1, "")
    assert "headcat db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_seed_reports_and_a_second_run_changes_nothing(place: dict[str, str]) -> None:
    assert run("db", "upgrade", **place).returncode == 0
    first = run("seed", **place)
    assert first.returncode == 0, first.stderr
    assert "finding: 2 added, 0 updated, 0 removed" in first.stdout
    assert "4 scores stored" in first.stdout
    second = run("seed", **place)
    assert second.stdout.splitlines()[-1] == "The catalog already holds exactly these records; nothing was changed."


def test_spoilt_record_ends_with_one_sentence_and_exit_code_2(place: dict[str, str], small_seeds: Path) -> None:
    run("db", "upgrade", **place)
    paper = small_seeds / "papers/source.toml"
    paper.write_text(paper.read_text("utf-8") + 'titel = "x"\n', "utf-8")
    done = run("seed", **place)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("headcat: papers/source.toml: titel: the key 'titel' is unknown; did you mean title?")


def test_check_prints_counts_and_fails_on_a_broken_row(place: dict[str, str]) -> None:
    run("db", "upgrade", **place)
    run("seed", **place)
    sound = run("db", "check", **place)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "findings: 2 rows" in sound.stdout
    engine = make_engine(place["HEADCAT_DATABASE_URL"])
    with Session(engine) as session:
        session.execute(update(LanguageModel).values(n_layers=1))
        session.commit()
    broken = run("db", "check", **place)
    assert broken.returncode == 1
    assert "AHF-000001: L1H3 (query_head) in lab--small" in broken.stdout
    assert "rows break a rule" in broken.stderr


def test_check_notices_a_schema_that_was_changed_by_hand(place: dict[str, str]) -> None:
    run("db", "upgrade", **place)
    engine = make_engine(place["HEADCAT_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_findings_head")
    broken = run("db", "check", **place)
    assert broken.returncode == 1
    assert "ix_findings_head" in broken.stdout
