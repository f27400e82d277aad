"""Command of the MCP server: headcat mcp."""

import click


@click.command()
def mcp() -> None:
    """Serve the catalog to an agent on this machine, over standard input and output (Model Context Protocol)."""
    from importlib.util import find_spec

    from api.mcp.server import MISSING

    if find_spec("mcp") is None:
        raise click.ClickException(MISSING)
    from api.app import create_app
    from api.settings import ApiSettings
    from api.startup import require_catalog
    from catalog.db import make_engine

    settings = ApiSettings()
    require_catalog(settings.database_url)
    create_app(settings, make_engine(settings.database_url)).state.mcp.server().run("stdio")
