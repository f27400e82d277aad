"""`headcat serve` and `headcat cite` as a user meets them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.db import make_engine
from catalog.schema import upgrade
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.release import make_release

HEADCAT = Path(sys.executable).parent / "headcat"


def environment(database: Path) -> dict[str, str]:
    return {**os.environ, "HEADCAT_DATABASE_URL": f"sqlite:///{database}"}


def headcat(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCAT, *arguments], env=environment(database), capture_output=True, text=True, check=False, timeout=60
    )


def refused(database: Path, *arguments: str, code: int = 1) -> str:
    """The one sentence on standard error of a command that fails."""
    done = headcat(database, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    (sentence,) = done.stderr.splitlines()
    return sentence


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalog of one finding."""
    file = tmp_path / "catalog.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    with Session(engine) as session, session.begin():
        make_entry_version(session, make_finding(session, accession="AHF-000777").accession)
        make_release(session)
    engine.dispose()
    return file


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_server_answers_and_stops_when_asked(catalog: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        [HEADCAT, "serve", "--port", str(port)], env=environment(catalog), stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert f"http://127.0.0.1:{port}" in server.stdout.readline()
        answer = ask(f"http://127.0.0.1:{port}/api/v1/findings/AHF-000777")
        assert answer["accession"] == "AHF-000777"
    finally:
        server.terminate()
        # The server closes what is open and then ends by the signal, as its parent expects.
        assert server.wait(timeout=20) == -signal.SIGTERM


def test_several_processes_count_together_and_replace_one_that_ends(catalog: Path) -> None:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    command = [HEADCAT, "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, env=environment(catalog), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        ask(f"{here}/problems")
        left = []
        for _ in range(20):
            with urllib.request.urlopen(f"{here}/api/v1/findings/AHF-000777", timeout=30) as response:
                left.append(int(response.headers["ratelimit"].split("r=")[1].split(";")[0]))
        assert left == list(range(left[0], left[0] - 20, -1))
        counted = 'requests_total{method="GET",address="/api/v1/findings",status="200"} 20'
        assert counted in read(f"{here}/server-metrics")
        children = children_of(server.pid)
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while len(set(children_of(server.pid)) - {children[0]}) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert ask(f"{here}/api/v1/findings/AHF-000777")["accession"] == "AHF-000777"
    finally:
        children = children_of(server.pid)
        server.terminate()
        assert server.wait(timeout=20) == -signal.SIGTERM
    assert len(children) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_processes_end_with_the_one_that_started_them(catalog: Path) -> None:
    port = free_port()
    command = [HEADCAT, "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, env=environment(catalog), stdout=subprocess.PIPE)
    ask(f"http://127.0.0.1:{port}/problems")
    children = children_of(server.pid)
    server.kill()
    server.wait(timeout=20)
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(children) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def children_of(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as response:
        return response.read().decode()


def ask(address: str) -> Any:
    """The answer of a server that may still be starting; its socket listens already."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as response:
                return json.load(response)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_taken_port_is_one_sentence(catalog: Path, taken_port: int) -> None:
    sentence = refused(catalog, "serve", "--port", str(taken_port))
    assert f"127.0.0.1:{taken_port}" in sentence
    assert "--port" in sentence


def test_missing_database_is_one_sentence_and_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "catalog.sqlite"
    assert "headcat db upgrade" in refused(file, "serve")
    assert not file.parent.exists()


def test_other_schema_version_is_one_sentence(catalog: Path) -> None:
    engine = make_engine(f"sqlite:///{catalog}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "9999" in refused(catalog, "serve")


def test_cite_prints_every_style(catalog: Path) -> None:
    openings = {"bibtex": "@misc{headcat:AHF-000777.v1", "csl": "{", "ris": "TY  - DATA", "datacite": "{"}
    for style, opening in openings.items():
        assert headcat(catalog, "cite", "AHF-000777.v1", "--style", style).stdout.startswith(opening)


def test_cite_prints_a_release_by_its_accession(catalog: Path) -> None:
    printed = headcat(catalog, "cite", "AHR-0001").stdout
    assert printed.startswith("@misc{headcat:AHR-0001")
    assert printed == headcat(catalog, "release", "cite", "AHR-0001").stdout


@pytest.mark.parametrize(
    ("accession", "sentence"),
    [
        ("AHF-000001", "There is no entry named"),
        ("L5H1", "an accession is written"),
        ("AHR-0009", "There is no release named"),
    ],
)
def test_cite_refuses_what_it_cannot_find(catalog: Path, accession: str, sentence: str) -> None:
    assert sentence in refused(catalog, "cite", accession, code=2)
