"""`headcat jobs`: ask workers for work, look at it, stop it. Nothing here measures; `headcat worker` does."""

import json
from typing import Any

import click

from catalog.jobs.job import DEFAULT_PRIORITY, FIRST_PRIORITY, LAST_PRIORITY, Job, JobRequest, JobState


@click.group()
def jobs() -> None:
    """Queue work for `headcat worker`, list it, follow it, cancel it."""


def _add_options(command: Any) -> Any:
    for option in (
        click.option("--seed", type=int, default=0, show_default=True, help="Seed of prompts and resampling."),
        click.option("--prompts", "n_prompts", type=click.IntRange(min=4), default=32, show_default=True),
        click.option("--dtype", type=click.Choice(("float32", "bfloat16", "float16")), help="Of the weights."),
        click.option(
            "--priority",
            type=click.IntRange(FIRST_PRIORITY, LAST_PRIORITY),
            default=DEFAULT_PRIORITY,
            show_default=True,
            help="The smaller, the sooner.",
        ),
        click.option("--id", "job_id", help="An id of your own: the same id twice is one job."),
    ):
        command = option(command)
    return command


@jobs.command("verify")
@click.argument("accessions", nargs=-1, metavar="[AHF-…]...")
@click.option("--language-model", metavar="ID", help="All findings on this language model.")
@click.option("--head-type", help="Only findings of this head type.")
@click.option("--all", "is_all", is_flag=True, help="Every finding whose language model is on the worker's machine.")
@_add_options
def jobs_verify(priority: int, job_id: str | None, **arguments: Any) -> None:
    """Queue what `headcat verify` does."""
    from catalog.jobs.job import verify_request

    if not any(arguments[name] for name in ("accessions", "language_model", "head_type", "is_all")):
        raise click.UsageError("Name findings (AHF-000123), a --language-model, a --head-type, or --all.")
    _add(verify_request(**arguments), priority, job_id)


@jobs.command("scan")
@click.argument("model")
@click.option("--revision", help="Branch, tag or commit on the hub.")
@click.option("--detectors", default="v1", show_default=True, help="Names joined by commas, v1, or all.")
@_add_options
def jobs_scan(model: str, priority: int, job_id: str | None, **arguments: Any) -> None:
    """Queue what `headcat scan MODEL --save` does; MODEL is a hub id, or a directory on the worker's machine."""
    from catalog.jobs.job import scan_request

    _add(scan_request(model, **arguments), priority, job_id)


@jobs.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice([each.value for each in JobState]))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def jobs_list(states: tuple[str, ...], limit: int) -> None:
    """List jobs, the newest first."""
    found = _queue().jobs(states=tuple(JobState(each) for each in states), limit=limit)
    for job in found:
        click.echo(_line(job))
    if not found:
        click.echo("There is no job." if not states else f"There is no job that is {' or '.join(states)}.")


@jobs.command("show")
@click.argument("job_id")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def jobs_show(job_id: str, as_json: bool) -> None:
    """Show one job, how far it is, and how often it was begun."""
    from catalog.db import make_engine, make_reader
    from catalog.queries.job_run import runs_of
    from catalog.settings import CatalogSettings

    job = _queue().job(job_id)
    with make_reader(make_engine(CatalogSettings().database_url))() as session:
        runs = runs_of(session, job_id)
    if as_json:
        click.echo(json.dumps(_as_json(job, runs), indent=2))
        return
    click.echo(_line(job))
    for run in runs:
        counted = f" {run.n_done} of {run.n_all} prompts" if run.n_all else ""
        click.echo(
            f"  {run.started_at:%Y-%m-%d %H:%M:%S} {run.worker}: {run.ended_as or 'running'} {run.said}{counted}"
        )
    if job.error:
        click.echo(f"  {job.error}")
    if job.result:
        click.echo(f"  {json.dumps(job.result)}")


@jobs.command("cancel")
@click.argument("job_id")
def jobs_cancel(job_id: str) -> None:
    """Cancel a job that waits or runs; one that runs ends within a batch of prompts."""
    click.echo(_line(_queue().cancel(job_id)))


@jobs.command("retry")
@click.argument("job_id")
def jobs_retry(job_id: str) -> None:
    """Repeat a job that failed or was cancelled; parts of it that had ended are not done again."""
    from catalog.db import make_engine
    from catalog.queries.job_run import forgive_deaths
    from catalog.settings import CatalogSettings

    queue = _queue()
    queue.job(job_id)
    forgive_deaths(make_engine(CatalogSettings().database_url), job_id)
    click.echo(_line(queue.retry(job_id)))


def _add(request: JobRequest, priority: int, job_id: str | None) -> None:
    job = _queue().add(request, job_id=job_id, priority=priority)
    click.echo(_line(job))
    click.echo(f"`headcat worker` does it; `headcat jobs show {job.id}` tells how far it is.", err=True)


def _queue() -> Any:
    from catalog.db import make_engine
    from catalog.jobs.queue import JobQueue
    from catalog.schema import require_current
    from catalog.settings import CatalogSettings

    url = CatalogSettings().database_url
    require_current(make_engine(url))
    return JobQueue(url)


def _line(job: Job) -> str:
    about = ", ".join(f"{name} {value}" for name, value in job.request.items() if value and name != "accessions")
    named = " ".join(job.request.get("accessions") or ())
    return f"{job.id}  {job.state:<9}  {job.kind} {named or about}"


def _as_json(job: Job, runs: list[Any]) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "request": job.request,
        "state": job.state,
        "priority": job.priority,
        "created_at": job.created_at.isoformat(),
        "worker": job.worker,
        "ended_at": None if job.ended_at is None else job.ended_at.isoformat(),
        "result": job.result,
        "error": job.error,
        "runs": [
            {
                "worker": run.worker,
                "started_at": run.started_at.isoformat(),
                "said": run.said,
                "n_done": run.n_done,
                "n_all": run.n_all,
                "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
                "ended_as": run.ended_as,
            }
            for run in runs
        ],
    }
