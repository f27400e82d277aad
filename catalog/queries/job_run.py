"""How far jobs are, and how often their workers died: the catalog's own notes beside the queue."""

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from catalog.db import transaction
from catalog.models import JobRun
from catalog.models.base import now
from catalog.vocabulary import JobRunEnd

_LONGEST = 512


def runs_of(session: Session, job_id: str) -> list[JobRun]:
    """Every start of a job, the first one first."""
    return list(session.scalars(select(JobRun).where(JobRun.job_id == job_id).order_by(JobRun.id)))


def last_runs(session: Session, job_ids: list[str]) -> dict[str, JobRun]:
    """The latest start of each of these jobs."""
    latest = select(func.max(JobRun.id)).where(JobRun.job_id.in_(job_ids)).group_by(JobRun.job_id)
    return {run.job_id: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(latest)))}


def begin_run(engine: Engine, job_id: str, worker: str) -> tuple[int, int]:
    """Note that a worker begins a job; earlier starts without an end are deaths.

    Returns:
        Id of the start, and number of deaths so far.
    """
    with transaction(engine) as session:
        session.execute(
            update(JobRun)
            .where(JobRun.job_id == job_id, JobRun.ended_at.is_(None))
            .values(ended_at=now(), ended_as=JobRunEnd.DIED)
        )
        died = select(func.count()).where(JobRun.job_id == job_id, JobRun.ended_as == JobRunEnd.DIED)
        n_deaths = session.scalar(died) or 0
        run = JobRun(job_id=job_id, worker=worker)
        session.add(run)
        session.flush()
        return run.id, n_deaths


def say_progress(engine: Engine, run_id: int, said: str, n_done: int | None, n_all: int | None) -> None:
    """Note how far it is."""
    with transaction(engine) as session:
        session.execute(
            update(JobRun).where(JobRun.id == run_id).values(said=said[:_LONGEST], n_done=n_done, n_all=n_all)
        )


def end_run(engine: Engine, run_id: int, ended_as: JobRunEnd) -> None:
    """Note how a start ended."""
    with transaction(engine) as session:
        session.execute(update(JobRun).where(JobRun.id == run_id).values(ended_at=now(), ended_as=ended_as))


def forgive_deaths(engine: Engine, job_id: str) -> None:
    """Count from none again: somebody had a look and repeats the job."""
    with transaction(engine) as session:
        session.execute(
            update(JobRun)
            .where(JobRun.job_id == job_id, JobRun.ended_as == JobRunEnd.DIED)
            .values(ended_as=JobRunEnd.FORGIVEN)
        )
