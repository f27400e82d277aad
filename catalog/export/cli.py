"""Command of exports: headcat export."""

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    type=click.Choice(["jsonl", "csv", "parquet", "sqlite"]),
    default="jsonl",
    show_default=True,
    help="One file for each table; with sqlite one file for all, which `headcat serve` opens.",
)
def export(folder: Path, format: str) -> None:
    """Write the whole catalog into DIR, a new folder, with checksums; without contributors and keys."""
    from catalog.db import make_engine
    from catalog.export.whole import FORMATS, export_catalog
    from catalog.settings import CatalogSettings

    engine = make_engine(CatalogSettings().database_url)
    counts = export_catalog(engine, folder, FORMATS[FORMATS.index(format)])
    click.echo(f"Wrote {sum(counts.values()):,} rows of {len(counts)} tables to {folder}.")
