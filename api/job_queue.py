"""The queue as routes and pages reach it: opened with the first question, and who may write to it.

Anybody reads. Who may queue or stop work is a setting: by default only who asks from this very machine, and no page of
another site in the browser of somebody there, for which the name in the address and the origin are looked at.
"""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from api.schemas.job import JobRow
from catalog.db import make_reader
from catalog.jobs.job import Job, JobState
from catalog.queries.job_run import last_runs, runs_of

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_ALL = 1_000_000
_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip")


class Jobs:
    """Jobs of the catalog's database."""

    def __init__(self, engine: Engine) -> None:
        # The library of the queue takes a second to load, which a start does not wait for.
        from catalog.jobs.queue import JobQueue  # noqa: PLC0415

        self.queue = JobQueue(engine.url.render_as_string(hide_password=False))
        self._reader = make_reader(engine)

    def row(self, job: Job) -> JobRow:
        """A job with all its starts."""
        with self._reader() as session:
            return JobRow(job, runs_of(session, job.id))

    def rows(self, states: tuple[JobState, ...], limit: int, offset: int) -> list[JobRow]:
        """Jobs with their last starts, the newest first."""
        jobs = self.queue.jobs(states=states, limit=limit, offset=offset)
        with self._reader() as session:
            last = last_runs(session, [job.id for job in jobs])
        return [JobRow(job, [last[job.id]] if job.id in last else []) for job in jobs]

    def count(self, states: tuple[JobState, ...]) -> int:
        """All jobs that stand there."""
        return len(self.queue.jobs(states=states, limit=_ALL))


def get_jobs(request: Request) -> Jobs:
    """The queue, kept with the app."""
    state = request.app.state
    if getattr(state, "jobs", None) is None:
        state.jobs = Jobs(state.engine)
    return state.jobs


JobsDep = Annotated[Jobs, Depends(get_jobs)]


def require_may_queue(request: Request) -> None:
    """Refuse who may not queue or stop work on this server.

    Raises:
        HTTPException: 403, with the setting that decides.
    """
    who = request.app.state.settings.jobs_from
    if who == "anyone":
        return
    if who == "nobody" or not _is_from_here(request):
        raise HTTPException(
            403,
            "This server takes no jobs from elsewhere: run `headcat jobs` on its machine, or set HEADCAT_JOBS_FROM."
            if who == "this_machine"
            else "This server takes no jobs; HEADCAT_JOBS_FROM decides that.",
        )


def _is_from_here(request: Request) -> bool:
    headers = request.headers
    if any(name in headers for name in _OF_PROXIES) or not _is_loopback(request.client.host if request.client else ""):
        return False
    host = urlsplit(f"//{headers.get('host', '')}")
    origin = urlsplit(headers["origin"]) if "origin" in headers else host
    # A foreign name that resolves to this machine is a foreign page's; so is an origin on another port.
    return (
        host.hostname in _LOCAL_NAMES
        and origin.netloc == host.netloc
        and headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
