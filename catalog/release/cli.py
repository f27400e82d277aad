"""Commands of releases: headcat release create | load | list | cite."""

from pathlib import Path

import click


@click.group()
def release() -> None:
    """Freeze the whole catalog under a name, or load what was frozen."""


@release.command()
@click.argument("name")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="New folder for the release; NAME in the folder HEADCAT_RELEASES unless given.",
)
def create(name: str, directory: Path | None) -> None:
    """Write the release NAME: JSONL, Parquet and SQLite with checksums, metadata and what changed."""
    from datetime import UTC, datetime

    from catalog.db import make_engine
    from catalog.release.create import create_release
    from catalog.release.manifest import counted, require_name
    from catalog.settings import CatalogSettings

    settings = CatalogSettings()
    folder = directory or settings.releases / require_name(name)
    made = create_release(make_engine(settings.database_url), name, folder, settings.public_url, datetime.now(UTC))
    manifest = made.manifest
    changes = ", ".join(f"{n:,} {kind}" for kind, n in counted(manifest.changes).items())
    state = "was made before; this is the same, byte for byte" if made.is_known else f"entries: {changes}"
    click.echo(f"{manifest.accession}, release {manifest.name}, is in {folder} ({state}).")


@release.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def load(folder: Path) -> None:
    """Load the release in DIR into an empty catalog, after its checksums."""
    from catalog.db import make_engine
    from catalog.release.load import load_release
    from catalog.settings import CatalogSettings

    manifest = load_release(make_engine(CatalogSettings().database_url), folder)
    click.echo(
        f"Loaded {manifest.accession}, release {manifest.name}: {sum(manifest.tables.values()):,} rows of "
        f"{len(manifest.tables)} tables."
    )


@release.command("list")
def list_releases() -> None:
    """List all releases, latest first."""
    from catalog.db import make_engine, make_reader
    from catalog.queries.page import MAX_LIMIT
    from catalog.queries.release import ReleaseQuery, find_releases
    from catalog.release.manifest import Manifest
    from catalog.schema_version import require_current
    from catalog.settings import CatalogSettings

    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    with make_reader(engine)() as session:
        cursor: str | None = None
        is_first = True
        while is_first or cursor:
            page = find_releases(session, ReleaseQuery(limit=MAX_LIMIT, cursor=cursor))
            for each in page.items:
                manifest = Manifest.model_validate(each.manifest)
                click.echo(f"{manifest.accession}  {manifest.created_at}  {manifest.name}")
            if is_first and not page.items:
                click.echo("No release was made yet; `headcat release create NAME` makes one.")
            cursor, is_first = page.next_cursor, False


@release.command()
@click.argument("name")
@click.option("--style", default="bibtex", show_default=True, help="bibtex, csl, ris, datacite or jsonld.")
def cite(name: str, style: str) -> None:
    """Print how to cite the release NAME, which may be its accession AHR-0001, or latest."""
    from catalog.citation.style import STYLES
    from catalog.db import make_engine, make_reader
    from catalog.queries.release import get_release
    from catalog.release.citation import cite_release
    from catalog.release.manifest import Manifest
    from catalog.schema_version import require_current
    from catalog.settings import CatalogSettings

    if style not in STYLES:
        raise click.BadParameter(f"{style!r} is no style of citation; choose {', '.join(STYLES)}.")
    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    with make_reader(engine)() as session:
        found = get_release(session, name)
        citation = cite_release(Manifest.model_validate(found.manifest), found.manifest_sha256)
    click.echo(STYLES[style].write(citation), nl=False)
