"""`headcat worker`: does what waits in the queue."""

import click


@click.command()
@click.option("--gpu", metavar="N", help="Work on this GPU only; one worker for each GPU.")
@click.option("--name", help="Name of this worker; by default machine and device, as host:gpu0 or host:cpu.")
@click.option(
    "--most-deaths",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="A job fails after workers died this often while doing it.",
)
@click.option("--until-empty", is_flag=True, help="End when no job waits or runs.")
def worker(gpu: str | None, name: str | None, most_deaths: int, until_empty: bool) -> None:
    """Do queued jobs one at a time, and go on with those of workers that died. Ctrl-C stops; nothing is lost."""
    import os

    if gpu is not None:
        # Before torch is imported: it looks once.
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    from catalog.db import make_engine
    from catalog.schema import require_current
    from catalog.settings import CatalogSettings
    from ingest.jobs.worker import Worker, worker_id

    url = CatalogSettings().database_url
    require_current(make_engine(url))
    working = Worker(url, name or worker_id(gpu), most_deaths, tell=lambda line: click.echo(line, err=True))
    working.work(until_empty=until_empty)
