"""The queue, and the only module that knows DBOS, which carries it: durable on SQLite and on PostgreSQL alike.

Jobs lie in the catalog's own database, in tables of DBOS. A job belongs to the worker that began it until it ends;
DBOS gives the jobs of a dead worker to nobody, so `rescue` does (`lease.py` tells who is dead). Everything that is
stored is JSON: with pickles, whoever can write to the database could run code in the workers.
"""

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, error
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from catalog.db import make_engine
from catalog.errors import DatabaseUnavailableError, InvalidNotationError, JobStateError, NotFoundError
from catalog.jobs.job import DEFAULT_PRIORITY, ENDED, Job, JobKind, JobRequest, JobState

_APPLICATION = "headcat"
_FORM = "1"
"""Version of what a job holds; workers leave jobs of another version alone."""
_QUEUE = "headcat"
_WORKFLOW = "run_job"
_UNLIMITED = 1_000_000_000
"""Starts of one job. Deaths are counted in `job_runs`, because DBOS forgets its own count at every rescue."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATES = {
    "ENQUEUED": JobState.QUEUED,
    "DELAYED": JobState.QUEUED,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.DONE,
    "ERROR": JobState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}

Step = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]
"""Runs a named part of a job; once it has ended, its JSON result is read and never made again."""
Body = Callable[[str, dict[str, Any], Step], dict[str, Any]]
"""A job's work from id, request and step to a JSON result."""


class JobQueue:
    """Jobs as a client sees them: add, list, cancel, retry. It runs none."""

    def __init__(self, database_url: str) -> None:
        _quiet()
        self._url = database_url
        self._lock = Lock()
        self._opened: DBOSClient | None = None

    def _open(self) -> DBOSClient | None:
        """The client; None as long as nobody has queued anything, so that reading makes no tables."""
        with self._lock:
            if self._opened is None and _has_queue(self._url):
                self._opened = _client(self._url)
            return self._opened

    def _made(self) -> DBOSClient:
        with self._lock:
            if self._opened is None:
                DBOS.migrate(_dbos_url(self._url))
                self._opened = _client(self._url)
                self._opened.register_queue(_QUEUE, worker_concurrency=1, polling_interval_sec=0.5)
            return self._opened

    def add(self, request: JobRequest, *, job_id: str | None = None, priority: int = DEFAULT_PRIORITY) -> Job:
        """Put a job into the queue; an id that is there already changes nothing and returns that job.

        Raises:
            InvalidNotationError: The id is too long or has other signs than letters, digits, `.`, `_` and `-`.
        """
        chosen = job_id or str(uuid.uuid4())
        if not _ID.fullmatch(chosen):
            raise InvalidNotationError(
                chosen, "the id of a job has up to 64 letters, digits, dots, hyphens or underscores"
            )
        with _reachable(self._url):
            self._made().enqueue(
                {
                    "workflow_name": _WORKFLOW,
                    "queue_name": _QUEUE,
                    "workflow_id": chosen,
                    "app_version": _FORM,
                    "priority": priority,
                },
                request.as_json(),
            )
        return self.job(chosen)

    def job(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFoundError: There is none with this id.
        """
        with _reachable(self._url):
            client = self._open()
            found = [] if client is None else client.list_workflows(workflow_ids=[job_id], name=_WORKFLOW)
        if not found:
            raise NotFoundError("job", job_id)
        return _job(found[0])

    def jobs(self, *, states: tuple[JobState, ...] = (), limit: int = 100, offset: int = 0) -> list[Job]:
        """Jobs, the newest first."""
        wanted = [name for name, state in _STATES.items() if state in states] or None
        with _reachable(self._url):
            client = self._open()
            if client is None:
                return []
            found = client.list_workflows(status=wanted, name=_WORKFLOW, limit=limit, offset=offset, sort_desc=True)
        return [_job(each) for each in found]

    def cancel(self, job_id: str) -> Job:
        """Stop a job: one that waits never begins, one that runs ends at the next prompt batch.

        Raises:
            NotFoundError: There is none with this id.
            JobStateError: It has ended.
        """
        found = self.job(job_id)
        if found.state in ENDED:
            raise JobStateError(job_id, found.state, "only a job that waits or runs can be cancelled")
        with _reachable(self._url):
            self._made().cancel_workflow(job_id)
        return self.job(job_id)

    def retry(self, job_id: str) -> Job:
        """Put a failed or cancelled job back; parts of it that had ended are not done again.

        Raises:
            NotFoundError: There is none with this id.
            JobStateError: It waits, runs, or is done.
        """
        found = self.job(job_id)
        if found.state not in (JobState.FAILED, JobState.CANCELLED):
            raise JobStateError(job_id, found.state, "only a job that failed or was cancelled can be repeated")
        with _reachable(self._url):
            if found.state is JobState.CANCELLED:
                self._made().resume_workflow(job_id, queue_name=_QUEUE)
            else:
                last = max((step["function_id"] for step in self._failed_steps(job_id)), default=None)
                self._made().rewind_workflow(job_id, start_step=last, application_version=_FORM, queue_name=_QUEUE)
        return self.job(job_id)

    def rescue(self, job_id: str) -> None:
        """Give a job whose worker is dead to whoever is next."""
        with _reachable(self._url):
            self._made().resume_workflow(job_id, queue_name=_QUEUE)

    def close(self) -> None:
        """Let go of the database."""
        if self._opened is not None:
            self._opened.destroy()
            self._opened = None

    def _failed_steps(self, job_id: str) -> list[Any]:
        return [step for step in self._made().list_workflow_steps(job_id) if step["error"] is not None]


def _client(database_url: str) -> DBOSClient:
    return DBOSClient(
        system_database_url=_dbos_url(database_url),
        serializer=DBOSPortableJSONSerializer(),
        application_name=_APPLICATION,
        retry_connection_errors=False,
    )


def _has_queue(database_url: str) -> bool:
    engine = make_engine(database_url)
    schema = "dbos" if engine.dialect.name == "postgresql" else None
    try:
        with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
            return inspect(connection).has_table("workflow_status", schema=schema)
    finally:
        engine.dispose()


@contextmanager
def serving(database_url: str, worker: str, body: Body) -> Iterator[None]:
    """Take jobs from the queue, one at a time, as long as the block lasts; jobs this worker left behind come first.

    Args:
        database_url: Of the catalog.
        worker: The id under which jobs belong to this process; no other process may use it (`lease.py`).
        body: What a job is.
    """
    _quiet()
    config: DBOSConfig = {
        "name": _APPLICATION,
        "system_database_url": _dbos_url(database_url),
        "application_version": _FORM,
        "executor_id": worker,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "CRITICAL",
        "enable_otlp": False,
    }
    with _reachable(database_url):
        DBOS(config=config)

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_UNLIMITED)
        def run_job(request: dict[str, Any]) -> dict[str, Any]:
            job_id = DBOS.workflow_id
            assert job_id is not None, "this runs in a workflow"
            return body(job_id, request, _step)

        DBOS.launch()
        DBOS.register_queue(_QUEUE, worker_concurrency=1, polling_interval_sec=0.5)
    _quiet()
    try:
        yield
    finally:
        DBOS.destroy(destroy_registry=True)


def _step(name: str, part: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return DBOS.run_step({"name": name}, part)


def _job(found: Any) -> Job:
    state = _STATES[found.status]
    arguments = dict(found.input["args"][0]) if found.input else {}
    return Job(
        id=found.workflow_id,
        kind=JobKind(arguments.pop("kind")),
        request=arguments,
        state=state,
        priority=found.priority or 0,
        created_at=_moment(found.created_at),
        worker=found.executor_id or None,
        ended_at=_moment(found.completed_at) if found.completed_at and state in ENDED else None,
        result=found.output,
        error=None if found.error is None else _sentence(found.error),
    )


def _sentence(error: Exception) -> str:
    said = getattr(error, "message", None) or str(error)
    return str(said).strip() or type(error).__name__


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _dbos_url(database_url: str) -> str:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return url.render_as_string(hide_password=False)
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _reachable(database_url: str) -> Iterator[None]:
    try:
        yield
    except error.DBOSNonExistentWorkflowError:
        raise
    except (SQLAlchemyError, error.DBOSException) as problem:
        text = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0].rstrip(".")
        raise DatabaseUnavailableError(database_url, text) from problem


def _quiet() -> None:
    """DBOS reports each cancelled job as a traceback and advertises a service; our own log says what matters."""
    logging.getLogger("dbos").setLevel(logging.CRITICAL)
