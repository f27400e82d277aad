"""The app: the only place where settings, database, routes, pages and middleware meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from api import errors
from api.body_limit import BodyLimit
from api.client_counts import ClientCounts
from api.compression import Compression
from api.freshness import NotModified, not_modified
from api.kept_answers import AnswersAgain
from api.mcp.server import McpEndpoint
from api.metrics import Metrics
from api.middleware import ConditionalAnswers, Preflight, SecurityHeaders
from api.observing import Observing, counted_addresses
from api.openapi import describe
from api.quick_answers import QuickAnswers
from api.rate_limit import RateLimit
from api.route_table import RoutesOnDemand, RouteTable, address_kinds
from api.settings import ApiSettings
from catalog.db import make_engine, make_reader


def create_app(settings: ApiSettings, engine: Engine | None = None) -> FastAPI:
    """The server's app.

    Args:
        settings: Where the catalog lives and how it is cited.
        engine: The catalog, where the caller holds it already; otherwise it is opened, and closed with the app.
    """
    owned = engine is None
    catalog = engine or make_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if owned:
            catalog.dispose()

    app = FastAPI(
        title="headcat",
        version=version("headcat"),
        summary="The catalog of attention heads in language models: query, re-run, cite.",
        license_info={"name": "CC BY 4.0 (data), Apache-2.0 (code)", "identifier": "CC-BY-4.0 AND Apache-2.0"},
        # Both viewers that come with the framework load scripts from a CDN, which our policy forbids.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.settings = settings
    app.state.engine = catalog
    app.state.reader = make_reader(catalog)
    app.state.is_embedded = catalog.dialect.name == "sqlite"
    app.state.address_kinds = address_kinds()
    app.state.metrics = Metrics(counted_addresses(app.state.address_kinds), settings.workers)
    errors.install(app)
    app.add_exception_handler(NotModified, not_modified)
    table = RouteTable(app)
    describe(app, table)
    app.state.mcp = McpEndpoint(app, table)
    app.router.routes.append(Route("/mcp", app.state.mcp, methods=["POST"]))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(QuickAnswers)
    app.add_middleware(RoutesOnDemand, table=table)
    # Added last is outermost: the headers go on whatever the inner ones made, and tags name uncompressed bytes.
    app.add_middleware(ConditionalAnswers)
    app.add_middleware(Compression)
    app.add_middleware(AnswersAgain)
    if settings.rate_limit:
        # Made here: the middlewares themselves are made by each process.
        counts = ClientCounts(settings.rate_window_s, is_shared=settings.workers > 1)
        app.add_middleware(RateLimit, limit=settings.rate_limit, counts=counts)
    app.add_middleware(Preflight)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observing, metrics=app.state.metrics)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
