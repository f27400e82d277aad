"""Progress of a job: into the catalog once a second, and a stop where somebody cancelled it."""

import time
from collections.abc import Callable

from sqlalchemy import Engine

from catalog.queries.job_run import say_progress
from ingest.progress import Progress

_SECONDS = 1.0


class JobCancelledError(Exception):
    """Somebody cancelled the job while it ran."""


class JobProgress(Progress):
    """Tells the catalog how far a start of a job is.

    Args:
        engine: Of the catalog.
        run_id: The start.
        is_cancelled: Asks the queue.
        clock: For tests.
    """

    def __init__(
        self,
        engine: Engine,
        run_id: int,
        is_cancelled: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._run_id, self._is_cancelled, self._clock = engine, run_id, is_cancelled, clock
        self._told_at = -_SECONDS
        self._said, self._n_done, self._n_all = "", 0, 0

    def tell(self, line: str) -> None:
        """Say what goes on; outside a pass there is nothing to count."""
        self._said, self._n_done, self._n_all = line, 0, 0
        self._write()

    def start(self, label: str, n_prompts: int) -> None:
        """A pass over prompts begins, or begins again."""
        self._said, self._n_done, self._n_all = label, 0, n_prompts
        self._write()

    def advance(self, n_prompts: int) -> None:
        """So many more prompts are done."""
        self._n_done = min(self._n_done + n_prompts, self._n_all)
        self._write()

    def _write(self) -> None:
        """Raises JobCancelledError, at most a second and one batch of prompts after the job was cancelled."""
        if self._clock() - self._told_at < _SECONDS:
            return
        self._told_at = self._clock()
        if self._is_cancelled():
            raise JobCancelledError
        counts = (self._n_done, self._n_all) if self._n_all else (None, None)
        say_progress(self._engine, self._run_id, self._said, *counts)
