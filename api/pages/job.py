"""Jobs: the list, and one job whose progress a script brings up to date; without the script the page reloads itself."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.job_queue import JobsDep
from api.pages.rendering import Head, render
from catalog.errors import InvalidQueryError
from catalog.jobs.job import ENDED, Job, JobState
from catalog.places import without_folders

router = APIRouter()

SHOWN = 50
_SAID = {
    JobState.QUEUED: "waits",
    JobState.RUNNING: "runs",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


@router.get("/jobs")
def list_page(request: Request, jobs: JobsDep, state: str = "", cursor: str = "") -> HTMLResponse:
    """Jobs, the newest first."""
    if state and state not in set(JobState):
        raise InvalidQueryError("state", f"There is no state {state!r}; there are {', '.join(JobState)}.")
    offset = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    rows = jobs.rows((JobState(state),) if state else (), SHOWN + 1, offset)
    page = render(
        request,
        "pages/jobs.html",
        Head("Jobs", "Verifications and scans that were queued.", "/jobs", data="/api/v1/jobs", is_indexed=False),
        rows=rows[:SHOWN],
        next_cursor=str(offset + SHOWN) if len(rows) > SHOWN else None,
        state=state,
        states=list(JobState),
        said=_SAID,
        asked=asked,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@router.get("/jobs/{job_id}")
def job_page(request: Request, jobs: JobsDep, job_id: str) -> HTMLResponse:
    """One job."""
    row = jobs.row(jobs.queue.job(job_id))
    page = render(
        request,
        "pages/job.html",
        Head(
            f"Job {job_id}",
            f"{asked(row.job)}.",
            f"/jobs/{job_id}",
            data=f"/api/v1/jobs/{job_id}",
            trail=[("Jobs", "/jobs")],
            is_indexed=False,
        ),
        job=row.job,
        request_as_asked=without_folders(row.job.request),
        runs=row.runs,
        is_ended=row.job.state in ENDED,
        said=_SAID,
        asked=asked,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def asked(job: Job) -> str:
    """What was asked for, in a few words."""
    request = without_folders(job.request)
    if job.kind == "scan":
        return f"Scan {request['model']} with {request['detectors']}"
    accessions = request.get("accessions") or []
    parts = [
        f"{len(accessions)} findings" if len(accessions) > 3 else ", ".join(accessions),
        f"language model {request['language_model']}" if request.get("language_model") else "",
        f"head type {request['head_type']}" if request.get("head_type") else "",
        "every finding whose language model the worker has" if request.get("all") else "",
    ]
    return f"Verify {', '.join(part for part in parts if part)}"
