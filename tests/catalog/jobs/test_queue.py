"""The queue as its clients see it; no worker runs here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalog.db import make_engine
from catalog.errors import InvalidNotationError, JobStateError, NotFoundError
from catalog.jobs.job import JobState, scan_request, verify_request
from catalog.jobs.lease import lease
from catalog.jobs.queue import JobQueue
from catalog.schema import drift, upgrade


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        engine: Engine = make_engine(request.getfixturevalue("postgresql_url"))
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
        engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def queue(database_url: str) -> Iterator[JobQueue]:
    made = JobQueue(database_url)
    yield made
    for job in made.jobs(states=(JobState.QUEUED,), limit=1000):
        made.cancel(job.id)
    made.close()


def test_a_job_is_what_was_asked_for(queue: JobQueue) -> None:
    request = verify_request(accessions=("AHF-000001",), seed=3, n_prompts=8)
    job = queue.add(request, priority=7)
    assert job.state is JobState.QUEUED
    assert job.kind == "verify"
    assert job.request == request.arguments
    assert job.priority == 7
    assert job.worker is None
    assert job.ended_at is None
    assert queue.jobs(limit=1)[0] == job


def test_the_same_id_twice_is_one_job(queue: JobQueue) -> None:
    first = queue.add(scan_request("gpt2"), job_id="mine")
    again = queue.add(scan_request("another"), job_id="mine")
    assert again == first
    assert len([job for job in queue.jobs(limit=1000) if job.id == "mine"]) == 1


@pytest.mark.parametrize("job_id", ["", "a b", "../x", "x" * 65, "<b>"])
def test_an_id_that_cannot_stand_in_an_address_is_refused(queue: JobQueue, job_id: str) -> None:
    with pytest.raises(InvalidNotationError, match="up to 64 letters"):
        queue.add(scan_request("gpt2"), job_id=job_id or " ")


def test_a_waiting_job_can_be_cancelled_once_and_put_back(queue: JobQueue) -> None:
    job = queue.add(scan_request("gpt2"))
    with pytest.raises(JobStateError, match="is queued: only a job that failed or was cancelled"):
        queue.retry(job.id)
    assert queue.cancel(job.id).state is JobState.CANCELLED
    with pytest.raises(JobStateError, match="is cancelled: only a job that waits or runs"):
        queue.cancel(job.id)
    assert queue.retry(job.id).state is JobState.QUEUED


def test_an_unknown_job_is_named(queue: JobQueue) -> None:
    for ask in (queue.job, queue.cancel, queue.retry):
        with pytest.raises(NotFoundError, match="There is no job named 'nothing'"):
            ask("nothing")


def test_jobs_are_listed_by_state_newest_first(queue: JobQueue) -> None:
    made = [queue.add(scan_request("gpt2"), job_id=f"listed-{n}").id for n in range(3)]
    queue.cancel(made[1])
    queued = [job.id for job in queue.jobs(states=(JobState.QUEUED,)) if job.id in made]
    assert queued == [made[2], made[0]]
    assert made[1] in [job.id for job in queue.jobs(states=(JobState.CANCELLED,))]


def test_the_queues_own_tables_are_no_drift_of_the_schema(queue: JobQueue, database_url: str) -> None:
    engine = make_engine(database_url)
    assert drift(engine) == []
    engine.dispose()


def test_a_lease_belongs_to_one_at_a_time(database_url: str) -> None:
    first, second, other = (lease(database_url, name) for name in ("host:gpu0", "host:gpu0", "host:gpu1"))
    assert first.take()
    assert first.is_held()
    assert not second.take()
    assert not second.is_held()
    assert other.take()
    first.release()
    assert second.take()
    for each in (second, other):
        each.release()
