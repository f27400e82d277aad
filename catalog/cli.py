"""Commands of the catalog: headcat db | seed | cite."""

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
