"""A worker: takes jobs from the queue one at a time, and those of workers that died.

Where the process is killed, the lease goes with it, another worker or the next start under the same id finds the job,
reads the parts that had ended, and goes on. Nothing here depends on clocks of two machines.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Engine

from catalog.db import make_engine
from catalog.errors import CatalogError
from catalog.jobs.job import JobKind, JobState
from catalog.jobs.lease import lease, take_patiently
from catalog.jobs.queue import JobQueue, Step, serving
from catalog.queries.job_run import begin_run, end_run
from catalog.vocabulary import JobRunEnd
from ingest.errors import IngestError
from ingest.jobs.parts import plan_verification, scan_part, verify_part
from ingest.jobs.progress import JobCancelledError, JobProgress

_SECONDS_BETWEEN_ROUNDS = 1.0
_RESCUE = "rescue"
"""Name of the lease of whoever looks for dead workers: two at once would give one job away twice."""


class WorkerIsThereError(CatalogError):
    """Another process works under this id."""

    def __init__(self, worker: str) -> None:
        super().__init__(
            f"A worker named {worker} runs already. Name this one with --name, or give it a GPU of its own with --gpu."
        )


class JobKillsWorkersError(IngestError):
    """A job whose worker died too often."""


def worker_id(gpu: str | None = None) -> str:
    """Machine and device: `host:gpu0`, `host:cpu`. One process for each."""
    visible = gpu if gpu is not None else os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return f"{socket.gethostname()}:{f'gpu{visible}' if visible else 'cpu'}"


@dataclass
class Worker:
    """One process that works."""

    database_url: str
    name: str
    most_deaths: int
    """After so many deaths of workers a job fails."""
    tell: Callable[[str], None]
    _engine: Engine = field(init=False)
    _queue: JobQueue = field(init=False)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _current: tuple[str, int] | None = field(init=False, default=None)

    def work(self, *, until_empty: bool = False) -> None:
        """Work until a signal says stop, or until no job waits or runs anywhere.

        Raises:
            WorkerIsThereError: Another process works under this name.
            DatabaseUnavailableError: The database cannot be reached, or forgot that this worker lives.
        """
        own = lease(self.database_url, self.name)
        if not take_patiently(own):
            raise WorkerIsThereError(self.name)
        self._engine, self._queue = make_engine(self.database_url), JobQueue(self.database_url)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._asked_to_stop)
        with serving(self.database_url, self.name, self._job):
            self.tell(f"{self.name} waits for jobs")
            while not self._stop.wait(_SECONDS_BETWEEN_ROUNDS):
                if not own.is_held():
                    self.tell("the database no longer knows this worker's lease: start it again")
                    os._exit(1)
                self._rescue()
                if until_empty and not self._queue.jobs(states=(JobState.QUEUED, JobState.RUNNING), limit=1):
                    break
            if self._current is not None:
                job_id, run_id = self._current
                end_run(self._engine, run_id, JobRunEnd.STOPPED)
                self.tell(f"stopped; job {job_id} goes on with the next worker")
                own.release()
                # A pass in the middle cannot be interrupted; what it has measured so far is on disk.
                os._exit(0)
        own.release()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _rescue(self) -> None:
        """Take over from the dead: whoever can have another worker's lease proves that nobody works under it."""
        left = {job.worker for job in self._queue.jobs(states=(JobState.RUNNING,), limit=1000)} - {self.name, None}
        if not left:
            return
        guard = lease(self.database_url, _RESCUE)
        if not guard.take():
            return
        try:
            for other in sorted(str(name) for name in left):
                theirs = lease(self.database_url, other)
                if not theirs.take():
                    continue
                try:
                    for job in self._queue.jobs(states=(JobState.RUNNING,), limit=1000):
                        if job.worker == other:
                            self._queue.rescue(job.id)
                            self.tell(f"job {job.id} was left by {other}, which is gone; it goes on")
                finally:
                    theirs.release()
        finally:
            guard.release()

    def _job(self, job_id: str, request: dict[str, Any], step: Step) -> dict[str, Any]:
        run_id, n_deaths = begin_run(self._engine, job_id, self.name)
        self._current = (job_id, run_id)
        began = time.monotonic()
        ended = JobRunEnd.FAILED
        try:
            if n_deaths >= self.most_deaths:
                raise JobKillsWorkersError(
                    f"Workers died {n_deaths} times while they did this job, the last time without a word: out of "
                    "memory is the usual reason. `headcat jobs retry` tries again."
                )
            progress = JobProgress(self._engine, run_id, lambda: self._is_cancelled(job_id))
            result = self._parts(job_id, request, step, progress)
            ended = JobRunEnd.DONE
            return result
        except JobCancelledError:
            ended = JobRunEnd.CANCELLED
            raise
        finally:
            self._current = None
            end_run(self._engine, run_id, ended)
            self.tell(f"job {job_id} {ended} after {time.monotonic() - began:.1f} s")

    def _parts(self, job_id: str, request: dict[str, Any], step: Step, progress: JobProgress) -> dict[str, Any]:
        if request["kind"] == JobKind.SCAN:
            return step("scan", lambda: scan_part(self._engine, job_id, _without_kind(request), progress))
        planned = step("plan", lambda: plan_verification(self._engine, request))
        whole: dict[str, Any] = {
            "verifications": [],
            "verdicts": {},
            "refused": [],
            "set_aside": planned["set_aside"],
        }
        for slug, accessions in planned["parts"].items():
            part = step(f"verify {slug}", self._verify(f"{job_id}/{slug}", accessions, request, progress))
            whole["verifications"] += part["verifications"]
            whole["refused"] += part["refused"]
            for verdict, n in part["verdicts"].items():
                whole["verdicts"][verdict] = whole["verdicts"].get(verdict, 0) + n
        return whole

    def _verify(
        self, job_part: str, accessions: list[str], request: dict[str, Any], progress: JobProgress
    ) -> Callable[[], dict[str, Any]]:
        return lambda: verify_part(self._engine, job_part, accessions, _without_kind(request), progress)

    def _is_cancelled(self, job_id: str) -> bool:
        return self._queue.job(job_id).state is JobState.CANCELLED


def _without_kind(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "kind"}
