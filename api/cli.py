"""Command of the server: headcat serve."""

import click


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 unless HEADCAT_HOST says otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; 8000 unless HEADCAT_PORT says otherwise.")
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes that answer; 1 unless HEADCAT_WORKERS says otherwise."
)
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the catalog: JSON under /api/v1, pages at the same addresses without it."""
    import gc

    # Start-up makes hundreds of thousands of objects that live as long as the server: collecting among them is a
    # tenth of the time until the first answer, and later collections need not walk them either.
    gc.disable()
    from api.quick_start import import_framework

    import_framework()
    from api import workers as copies
    from api.app import create_app
    from api.logs import log_as_json
    from api.serving import answer
    from api.settings import ApiSettings
    from api.startup import free_sockets, require_catalog
    from catalog.db import make_engine

    options = {"host": host, "port": port, "workers": workers}
    given = {name: value for name, value in options.items() if value is not None}
    settings = ApiSettings(**given)  # type: ignore[arg-type]
    log_as_json(settings.log_level)
    if settings.workers > 1 and not copies.can_copy():
        raise click.ClickException("This system cannot run several processes of the server; leave --workers out.")
    require_catalog(settings.database_url)
    listening = free_sockets(settings.host, settings.port, settings.workers)
    gc.freeze()
    gc.enable()
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"http://{shown}:{settings.port}"
    if "public_url" not in settings.model_fields_set:
        # Links must lead back to this server, whichever port it got.
        settings = settings.model_copy(update={"public_url": here})
    app = create_app(settings, make_engine(settings.database_url))
    click.echo(f"Serving the catalog on {here} (stop with Ctrl+C).")
    if settings.workers == 1:
        answer(app, listening[0])
    else:
        copies.run_copies(settings.workers, lambda number, alive: answer(app, listening[number], number, alive))
