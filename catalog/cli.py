"""Commands of the catalog: headcat db | seed | freeze | cite."""

from pathlib import Path

import click


@click.group()
def db() -> None:
    """Create, migrate and check the catalog's database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this program."""
    from catalog.db import make_engine
    from catalog.schema import head_revision
    from catalog.schema import upgrade as migrate
    from catalog.settings import CatalogSettings

    engine = make_engine(CatalogSettings().database_url)
    migrate(engine)
    click.echo(f"The catalog is at schema version {head_revision()}.")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole catalog to FILE, one SQLite file, whichever database it is in."""
    from catalog.backup import back_up
    from catalog.db import make_engine
    from catalog.settings import CatalogSettings

    counts = back_up(make_engine(CatalogSettings().database_url), file)
    click.echo(f"Wrote {sum(counts.values())} rows of {len(counts)} tables to {file}.")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask before everything in the catalog is replaced.")
def restore(file: Path, yes: bool) -> None:
    """Replace everything in the catalog by the backup FILE."""
    from catalog.backup import restore as put_back
    from catalog.db import hide_password, make_engine
    from catalog.settings import CatalogSettings

    url = CatalogSettings().database_url
    if not yes:
        click.confirm(f"Replace everything in {hide_password(url)} by {file}?", abort=True)
    counts = put_back(make_engine(url), file)
    click.echo(f"Restored {sum(counts.values())} rows of {len(counts)} tables from {file}.")


@db.command()
def check() -> None:
    """List rows that break a rule of the catalog, and differences between schema and program."""
    from catalog.checks.run import run_checks
    from catalog.db import make_engine
    from catalog.schema import require_current
    from catalog.settings import CatalogSettings

    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    report = run_checks(engine)
    for line in report.lines():
        click.echo(line)
    if report.n_offending:
        raise click.ClickException(f"{report.n_offending} rows break a rule of the catalog; they are listed above.")


@click.command()
def seed() -> None:
    """Load or refresh the shipped records; a second run changes nothing."""
    from catalog.db import make_engine
    from catalog.schema import require_current
    from catalog.seed import load
    from catalog.settings import CatalogSettings

    settings = CatalogSettings()
    engine = make_engine(settings.database_url)
    require_current(engine)
    report = load(engine, settings.seeds, click.echo)
    for line in report.lines():
        click.echo(line)


@click.command()
def freeze() -> None:
    """Enter edited and added records in the ledger of versions, so that AHF-000123.v1 means the same everywhere."""
    from datetime import UTC, datetime

    from catalog.db import make_engine, make_reader
    from catalog.queries.entry_version import find_frozen_content
    from catalog.schema_version import require_current
    from catalog.seed_entries import entry_contents
    from catalog.seed_files import read_seeds
    from catalog.seed_versions import FrozenForm
    from catalog.seed_versions import freeze as enter
    from catalog.settings import CatalogSettings

    settings = CatalogSettings()
    seeds = read_seeds(settings.seeds)

    def find(form: FrozenForm) -> str | None:
        engine = make_engine(settings.database_url)
        require_current(engine)
        with make_reader(engine)() as session:
            return find_frozen_content(session, form.accession, form.sha256)

    contents = entry_contents(seeds).items()
    added = enter(settings.seeds, seeds.ledger, contents, find=find, today=datetime.now(UTC).date())
    further = sum(form.version > 1 for form in added)
    click.echo(f"Entered {len(added):,} frozen forms in the ledger, {further:,} of them further versions.")


@click.command()
@click.argument("accession")
@click.option(
    "--style",
    type=click.Choice(["bibtex", "csl", "ris", "datacite", "jsonld"]),
    default="bibtex",
    show_default=True,
    help="Form of the citation.",
)
def cite(accession: str, style: str) -> None:
    """Print how to cite an entry; ACCESSION is AHF-000123, AHF-000123.v1 for exactly that version, or AHR-0001."""
    from catalog.citation.record import cite_entry
    from catalog.citation.style import STYLES
    from catalog.db import make_engine, make_reader
    from catalog.notation import Accession
    from catalog.queries.cited import get_cited_entry
    from catalog.queries.release import get_release
    from catalog.release.citation import cite_release
    from catalog.release.manifest import Manifest
    from catalog.schema import require_current
    from catalog.settings import CatalogSettings

    # Releases have accessions and no versions: each is frozen as a whole.
    is_release = accession.strip().upper().startswith("AHR-")
    wanted = None if is_release else Accession.parse(accession)
    settings = CatalogSettings()
    engine = make_engine(settings.database_url)
    require_current(engine)
    with make_reader(engine)() as session:
        if wanted is None:
            found = get_release(session, accession.strip())
            citation = cite_release(Manifest.model_validate(found.manifest), found.manifest_sha256)
        else:
            citation = cite_entry(get_cited_entry(session, wanted), settings.public_url)
    click.echo(STYLES[style].write(citation), nl=False)
