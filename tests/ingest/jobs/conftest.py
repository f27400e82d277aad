"""A catalog of their own for jobs, which write to it from other processes, and workers to start and to kill."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text

from catalog.db import make_engine, make_reader
from catalog.jobs.queue import JobQueue
from catalog.models import JobRun

_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""
StartWorker = Callable[..., subprocess.Popen]


@pytest.fixture
def database_url(seeded_engine: Engine, tmp_path: Path) -> Iterator[str]:
    """A copy of a catalog that holds all shipped records, on each engine."""
    seeded_engine.dispose()
    if seeded_engine.dialect.name == "sqlite":
        assert seeded_engine.url.database is not None
        copy = tmp_path / "catalog.sqlite"
        shutil.copy(seeded_engine.url.database, copy)
        yield f"sqlite:///{copy}"
        return
    name = f"headcat_jobs_{os.getpid()}_{time.monotonic_ns()}"
    admin = create_engine(seeded_engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {seeded_engine.url.database}"))
    yield seeded_engine.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def queue(database_url: str) -> Iterator[JobQueue]:
    made = JobQueue(database_url)
    yield made
    made.close()


@pytest.fixture
def catalog(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts real workers, whose files may have so many bytes of `room`; those that run at the end are ended."""
    running: list[subprocess.Popen] = []

    def start(*options: str, room: int | None = None) -> subprocess.Popen:
        environment = os.environ | {
            "HEADCAT_DATABASE_URL": database_url,
            "HEADCAT_DATA": str(tmp_path / "data"),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "catalog.command", "worker", *options]
        if room is not None:
            command = [sys.executable, "-c", _LIMITED, str(room), *command]
        running.append(
            subprocess.Popen(
                command,
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait()


def wait_for_start(catalog: Engine, job_id: str, seconds: float = 60) -> None:
    """Until a worker is in the middle of a job."""
    deadline = time.monotonic() + seconds
    running = select(JobRun.said).where(JobRun.job_id == job_id, JobRun.ended_at.is_(None))
    while True:
        with make_reader(catalog)() as session:
            if any(session.scalars(running)):
                return
        assert time.monotonic() < deadline, f"no worker has begun {job_id}"
        time.sleep(0.05)
