"""Which module answers which addresses, and loading it when one of them is first asked for.

The models of all routes take half a second to build and a start needs few of them: the server answers sooner when each
module comes with the first request of its kind. The document of the API loads all of them.
"""

from collections.abc import Mapping
from importlib import import_module
from threading import RLock

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.freshness import answer_if_unchanged

API_PREFIX = "/api/v1"

RECORDS: Mapping[str, tuple[str, ...]] = {
    "head_type": ("head-types",),
    "finding": ("findings",),
    "verification": ("verifications",),
    "assessment": ("assessments",),
    "circuit": ("circuits",),
    "head_list": ("head-lists", "language-models"),
    "language_model": ("language-models",),
    "head": ("heads", "language-models"),
    "search": ("search", "search-fields"),
    "resolve": ("resolve",),
    "compare": ("compare",),
    "coverage": ("coverage",),
    "transfer": ("transfer", "transfer.csv"),
    "head_score": ("head-score-tables",),
    "paper": ("papers",),
    "stage": ("stages", "stage-transitions"),
    "method": ("methods", "method-tree", "glossary"),
    "metric": ("metrics",),
    "benchmark": ("benchmarks",),
    "human_analogue": ("human-analogues",),
    "mechanism": ("mechanisms",),
    "crosswalk": ("crosswalks",),
    "detector": ("detectors",),
    "reliability": ("reliability",),
    "scan_run": ("scan-runs",),
    "job": ("jobs",),
    "entry": ("entries",),
    "release": ("releases",),
    "feed": ("feeds",),
    "stats": ("health", "stats"),
}
"""Module of `api.routes` → first parts of its addresses under /api/v1, in the order of the document."""

OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "problem": ("problems",),
    "llms": ("llms.txt",),
    "operation": ("healthz", "readyz", "server-metrics"),
}
"""The same for addresses that outlive a version of the API."""

_NO_PAGES = ("static", "openapi.json", *OUTSIDE["llms"], *OUTSIDE["operation"])


def address_kinds() -> list[str]:
    """First parts of all addresses under /api/v1."""
    return list(dict.fromkeys(kind for kinds in RECORDS.values() for kind in kinds))


class RouteTable:
    """The modules of an app that are not loaded yet."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._missing: dict[str, str] = {}
        self._lock = RLock()
        self._lacks_pages = True
        for names, prefix in ((RECORDS, API_PREFIX), (OUTSIDE, "")):
            self._missing |= dict.fromkeys(names, prefix)

    def load_for(self, path: str) -> None:
        """Load what answers an address: the modules of its kind, and the pages outside of /api/."""
        is_api = path.startswith("/api/")
        kind = _kind(path)
        with self._lock:
            for name, kinds in (RECORDS if is_api else OUTSIDE).items():
                if kind in kinds:
                    self._load(name)
            # Errors outside of /api/ are pages too.
            if not is_api and kind not in _NO_PAGES:
                self._load_pages()

    def load_document(self) -> None:
        """Load every module that the document of the API describes."""
        with self._lock:
            for name in (*RECORDS, *OUTSIDE):
                self._load(name)

    def position(self, path: str) -> int:
        """Where an address stands in the document, whatever was loaded first."""
        kinds = [each for table in (RECORDS, OUTSIDE) for kinds in table.values() for each in kinds]
        return kinds.index(_kind(path))

    def _load(self, name: str) -> None:
        prefix = self._missing.get(name)
        if prefix is None:
            return
        router = import_module(f"api.routes.{name}").router
        checks = [Depends(errors.refuse_unknown_parameters)]
        # Frozen versions say how long they may be kept, jobs change without the catalog, and the types of problem are
        # in no database.
        if name not in ("entry", "job", *OUTSIDE):
            checks.append(Depends(answer_if_unchanged))
        self._app.include_router(router, prefix=prefix, dependencies=checks)
        del self._missing[name]

    def _load_pages(self) -> None:
        if self._lacks_pages:
            from api.pages.site import include_pages  # noqa: PLC0415 - the template engine comes with the first page

            include_pages(self._app)
            self._lacks_pages = False


def _kind(path: str) -> str:
    """First part of an address after the prefix of the API, if it has that; empty where there is none."""
    return path.removeprefix(API_PREFIX).partition("/")[2].partition("/")[0]


class RoutesOnDemand:
    """Has the table load what a request asks for, before it is routed."""

    def __init__(self, app: ASGIApp, table: RouteTable) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            self.table.load_for(scope["path"])
        await self.app(scope, receive, send)
