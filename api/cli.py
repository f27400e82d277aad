"""Command of the server: headcat serve."""

import click


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 unless HEADCAT_HOST says otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; 8000 unless HEADCAT_PORT says otherwise.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the catalog: JSON under /api/v1, pages at the same addresses without it."""
    import gc

    # Start-up makes hundreds of thousands of objects that live as long as the server: collecting among them is a
    # tenth of the time until the first answer, and later collections need not walk them either.
    gc.disable()
    from api.quick_start import import_framework

    import_framework()
    import uvicorn

    from api.app import create_app
    from api.logs import log_as_json
    from api.settings import ApiSettings
    from api.startup import free_socket, require_catalog
    from catalog.db import make_engine

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = ApiSettings(**given)  # type: ignore[arg-type]
    log_as_json(settings.log_level)
    require_catalog(settings.database_url)
    listening = free_socket(settings.host, settings.port)
    gc.freeze()
    gc.enable()
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"http://{shown}:{settings.port}"
    if "public_url" not in settings.model_fields_set:
        # Links must lead back to this server, whichever port it got.
        settings = settings.model_copy(update={"public_url": here})
    app = create_app(settings, make_engine(settings.database_url))
    click.echo(f"Serving the catalog on {here} (stop with Ctrl+C).")
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=True)
    uvicorn.Server(config).run(sockets=[listening])
