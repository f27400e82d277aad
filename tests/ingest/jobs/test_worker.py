"""Real workers on real jobs: killed in the middle, cancelled, out of disk. Every job ends once and stores once."""

import signal

import pytest
from sqlalchemy import Engine, func, select

from catalog.db import make_reader
from catalog.jobs.job import JobState, scan_request, verify_request
from catalog.jobs.lease import lease
from catalog.jobs.queue import JobQueue
from catalog.models import HeadScoreTable, JobRun, ScanRun, Verification
from catalog.vocabulary import JobRunEnd
from ingest.local_models import SHIPPED
from tests.ingest.jobs.conftest import StartWorker, wait_for_start

REFERENCE = str(SHIPPED / "reference")
LONG = scan_request(REFERENCE, detectors="local,diagonal,induction,duplicate_token", n_prompts=200)
"""Some seconds of work in many batches."""
SHORT = scan_request(REFERENCE, detectors="local,diagonal", n_prompts=4)


def ends_of(catalog: Engine, job_id: str) -> list[JobRunEnd | None]:
    with make_reader(catalog)() as session:
        return list(session.scalars(select(JobRun.ended_as).where(JobRun.job_id == job_id).order_by(JobRun.id)))


def n_rows(catalog: Engine, job_id: str) -> tuple[int | None, int | None]:
    """Scan runs of a job, and their tables of scores."""
    with make_reader(catalog)() as session:
        runs = select(ScanRun.id).where(ScanRun.job_part.startswith(job_id))
        return (
            session.scalar(select(func.count()).select_from(runs.subquery())),
            session.scalar(select(func.count()).where(HeadScoreTable.scan_run_id.in_(runs))),
        )


def test_a_job_goes_on_after_its_worker_is_killed_and_stores_once(
    queue: JobQueue, catalog: Engine, start_worker: StartWorker
) -> None:
    first = queue.add(LONG, job_id="long")
    second = queue.add(verify_request(language_model="headcat/reference", head_type="diagonal", n_prompts=8))
    killed = start_worker("--name", "a:cpu")
    wait_for_start(catalog, first.id)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert queue.job(first.id).state is JobState.RUNNING
    other = start_worker("--name", "b:cpu", "--until-empty")
    _, said = other.communicate(timeout=90)
    assert other.returncode == 0, said
    assert "job long was left by a:cpu, which is gone; it goes on" in said
    assert ends_of(catalog, first.id) == [JobRunEnd.DIED, JobRunEnd.DONE]
    n_runs, n_tables = n_rows(catalog, first.id)
    assert n_runs == 1
    assert n_tables is not None
    assert n_tables >= 4
    verified = queue.job(second.id)
    assert verified.state is JobState.DONE
    assert verified.result is not None
    with make_reader(catalog)() as session:
        stored = session.scalars(
            select(Verification.accession).join(ScanRun).where(ScanRun.job_part.startswith(second.id))
        )
        assert sorted(stored) == sorted(verified.result["verifications"])
    assert sum(verified.result["verdicts"].values()) == len(verified.result["verifications"]) > 0


def test_a_signal_leaves_the_job_to_the_next(queue: JobQueue, catalog: Engine, start_worker: StartWorker) -> None:
    job = queue.add(LONG)
    first = start_worker("--name", "same:cpu")
    wait_for_start(catalog, job.id)
    first.terminate()
    _, said = first.communicate(timeout=30)
    assert first.returncode == 0
    assert f"stopped; job {job.id} goes on with the next worker" in said
    start_worker("--name", "same:cpu", "--until-empty").communicate(timeout=90)
    assert ends_of(catalog, job.id) == [JobRunEnd.STOPPED, JobRunEnd.DONE]
    assert n_rows(catalog, job.id)[0] == 1


def test_one_name_is_one_worker(database_url: str, start_worker: StartWorker) -> None:
    held = lease(database_url, "same:cpu")
    assert held.take()
    second = start_worker("--name", "same:cpu")
    _, said = second.communicate(timeout=60)
    held.release()
    assert second.returncode != 0
    assert "A worker named same:cpu runs already." in said
    assert "Traceback" not in said


def test_a_running_job_that_is_cancelled_ends_and_stores_nothing(
    queue: JobQueue, catalog: Engine, start_worker: StartWorker
) -> None:
    job = queue.add(LONG)
    worker = start_worker("--until-empty")
    wait_for_start(catalog, job.id)
    queue.cancel(job.id)
    worker.communicate(timeout=60)
    assert queue.job(job.id).state is JobState.CANCELLED
    assert ends_of(catalog, job.id)[-1] in (JobRunEnd.CANCELLED, JobRunEnd.STOPPED)
    assert n_rows(catalog, job.id)[0] == 0
    assert queue.retry(job.id).state is JobState.QUEUED
    start_worker("--until-empty").communicate(timeout=90)
    assert queue.job(job.id).state is JobState.DONE
    assert n_rows(catalog, job.id)[0] == 1


def test_a_job_that_kills_its_workers_fails_with_its_reason(
    queue: JobQueue, catalog: Engine, start_worker: StartWorker
) -> None:
    job = queue.add(LONG)
    worker = start_worker("--name", "a:cpu")
    wait_for_start(catalog, job.id)
    worker.kill()
    worker.wait()
    start_worker("--name", "a:cpu", "--until-empty", "--most-deaths", "1").communicate(timeout=60)
    failed = queue.job(job.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.startswith("Workers died 1 times while they did this job")


def test_a_job_that_cannot_be_done_says_why(queue: JobQueue, start_worker: StartWorker) -> None:
    gone = queue.add(scan_request("/nowhere/model"))
    unknown = queue.add(scan_request(REFERENCE, detectors="nonsense"))
    none = queue.add(verify_request(accessions=("AHF-999999",)))
    start_worker("--until-empty").communicate(timeout=60)
    assert queue.job(gone.id).error == "There is no directory /nowhere/model; name one that exists, or a hub id."
    assert "nonsense" in (queue.job(unknown.id).error or "")
    assert "AHF-999999" in (queue.job(none.id).error or "")
    assert {queue.job(each.id).state for each in (gone, unknown, none)} == {JobState.FAILED}


def test_a_full_disk_stores_nothing_by_halves_and_loses_no_job(
    queue: JobQueue, catalog: Engine, database_url: str, start_worker: StartWorker
) -> None:
    if catalog.dialect.name != "sqlite":
        pytest.skip("on PostgreSQL it is the disk of the server that fills up, which a transaction outlives as well")
    job = queue.add(verify_request(language_model="headcat/reference", head_type="local", n_prompts=8))
    # The write-ahead log may grow to a fraction of what the records of the job need.
    _, said = start_worker("--until-empty", room=250_000).communicate(timeout=120)
    assert "failed" in said
    assert n_rows(catalog, job.id) == (0, 0), said
    state = queue.job(job.id)
    assert state.state in (JobState.FAILED, JobState.RUNNING, JobState.QUEUED), said
    if state.state is JobState.FAILED:
        assert state.error is not None
        assert "disk" in state.error
        queue.retry(job.id)
    start_worker("--until-empty").communicate(timeout=120)
    done = queue.job(job.id)
    assert done.state is JobState.DONE
    assert n_rows(catalog, job.id)[0] == 1
