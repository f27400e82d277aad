"""/api/v1/jobs: work for `headcat worker`, queued, listed, followed and stopped."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import LinksDep, ReplyDep
from api.job_queue import JobsDep, require_may_queue
from api.schemas.base import PageOf, as_json
from api.schemas.job import JobBody, JobRecord
from catalog.errors import InvalidQueryError
from catalog.jobs.job import ENDED, JobState
from catalog.queries.job_run import forgive_deaths
from catalog.queries.page import Page, PageRequest

_SECONDS_BETWEEN_EVENTS = 1.0
MAY_QUEUE = Depends(require_may_queue)


async def never_kept(response: Response) -> None:
    """A job changes without the catalog: no answer about it is kept."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(tags=["jobs"], dependencies=[Depends(never_kept)])


class JobQuery(PageRequest):
    """Which jobs to list."""

    state: JobState | None = Field(default=None, description="Only jobs that stand there.")


@router.get("/jobs")
def list_jobs(jobs: JobsDep, query: Annotated[JobQuery, Query()], reply: ReplyDep) -> PageOf[JobRecord]:
    """Jobs, the newest first, each with its last start."""
    offset = _offset(query.cursor)
    states = () if query.state is None else (query.state,)
    found = jobs.rows(states, query.limit + 1, offset)
    more = str(offset + query.limit) if len(found) > query.limit else None
    total = jobs.count(states) if query.total else None
    return reply.page(Page(found[: query.limit], more, total), JobRecord.of)


@router.post("/jobs", dependencies=[MAY_QUEUE])
def queue_job(jobs: JobsDep, body: Annotated[JobBody, Body()], response: Response, links: LinksDep) -> JobRecord:
    """Queue a verification or a scan; with an id of your own, sending it again changes nothing."""
    if not body.names_something:
        raise InvalidQueryError("accessions", "Name accessions, a language_model, a head_type, or all.")
    job = jobs.queue.add(body.asked(), job_id=body.id, priority=body.priority)
    response.headers["Location"] = links.to("jobs", job.id)
    return JobRecord.of(jobs.row(job), links)


@router.get("/jobs/{job_id}")
def read_job(jobs: JobsDep, job_id: str, links: LinksDep) -> JobRecord:
    """One job with every start of it."""
    return JobRecord.of(jobs.row(jobs.queue.job(job_id)), links)


@router.post("/jobs/{job_id}/cancel", dependencies=[MAY_QUEUE])
def cancel_job(jobs: JobsDep, job_id: str, links: LinksDep) -> JobRecord:
    """Stop a job that waits or runs; one that runs ends within a batch of prompts."""
    return JobRecord.of(jobs.row(jobs.queue.cancel(job_id)), links)


@router.post("/jobs/{job_id}/retry", dependencies=[MAY_QUEUE])
def retry_job(jobs: JobsDep, job_id: str, request: Request, links: LinksDep) -> JobRecord:
    """Repeat a job that failed or was cancelled; parts of it that had ended are not done again."""
    job = jobs.queue.retry(job_id)
    forgive_deaths(request.app.state.engine, job_id)
    return JobRecord.of(jobs.row(job), links)


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow_job(jobs: JobsDep, job_id: str, request: Request, links: LinksDep) -> StreamingResponse:
    """The record of a job whenever it has changed, as server-sent events, until the job has ended."""
    first = await run_in_threadpool(lambda: jobs.row(jobs.queue.job(job_id)))

    async def events() -> AsyncIterator[bytes]:
        row, sent = first, b""
        while True:
            written = as_json(JobRecord.of(row, links))
            if written != sent:
                sent = written
                yield b"event: job\ndata: " + written + b"\n\n"
            if row.job.state in ENDED or await request.is_disconnected():
                return
            await asyncio.sleep(_SECONDS_BETWEEN_EVENTS)
            row = await run_in_threadpool(lambda: jobs.row(jobs.queue.job(job_id)))

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidQueryError("cursor", "This is no cursor of a list of jobs; begin without one.")
    return int(cursor)
