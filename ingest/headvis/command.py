"""`headcat headvis import`: read runs, store their tables, say what was stored."""

from pathlib import Path

import click

from catalog.db import make_engine, transaction
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from ingest.headvis.import_ import import_run, read_run
from ingest.headvis.tree import find_runs


def run_import(folder: Path, language_model: str) -> None:
    """Import every run below a folder, all of them or none."""
    runs = [read_run(each) for each in find_runs(folder)]
    engine = make_engine(CatalogSettings().database_url)
    try:
        require_current(engine)
        with transaction(engine) as session:
            for run in runs:
                tables = import_run(session, run, language_model)
                n_scores = sum(table.n_rows for table in tables)
                if tables:
                    click.echo(f"{run.folder}: {len(tables)} tables, {n_scores} scores stored")
                    click.echo(f"  {tables[0].value_note}")
                else:
                    click.echo(f"{run.folder}: stored already, nothing added")
    finally:
        engine.dispose()
