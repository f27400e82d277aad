"""The one table from exceptions to HTTP statuses, and the one shape in which errors are answered.

Addresses under /api/, and those of the problems themselves, answer problem+json; the pages answer the same problem as
HTML, through the renderer that they give to the app. What the types mean is in `problems`.
"""

import logging
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.dependencies import Moved
from api.middleware import security_headers
from api.negotiation import NotAcceptable, SeeOther
from api.observing import REQUEST_ID, request_id_of
from api.problem_parts import parts_of, place_of_fields
from api.problems import (
    AMBIGUOUS,
    BAD_REQUEST,
    CONFLICT,
    INTERNAL,
    INVALID_REQUEST,
    KINDS,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAVAILABLE,
    WITHDRAWN,
    Kind,
)
from api.schemas.base import Links
from api.schemas.problem import Problem, ProblemPart
from catalog.errors import (
    AmbiguousNameError,
    CatalogError,
    DatabaseUnavailableError,
    InvalidNotationError,
    InvalidQueryError,
    JobStateError,
    NotFoundError,
    SchemaVersionError,
    WithdrawnError,
)
from catalog.queries.names import near_names

MEDIA_TYPE = "application/problem+json"
# Where programs ask; everywhere else the same problem is a page.
_JSON_ADDRESSES = ("/api/", "/problems", "/llms.txt", "/healthz", "/readyz", "/server-metrics")

PageRenderer = Callable[[Request, Problem], Response]

_KIND_OF: dict[type[Exception], Kind] = {
    NotFoundError: NOT_FOUND,
    AmbiguousNameError: AMBIGUOUS,
    JobStateError: CONFLICT,
    WithdrawnError: WITHDRAWN,
    InvalidNotationError: INVALID_REQUEST,
    InvalidQueryError: INVALID_REQUEST,
    RequestValidationError: INVALID_REQUEST,
    DatabaseUnavailableError: UNAVAILABLE,
    SchemaVersionError: UNAVAILABLE,
    OperationalError: UNAVAILABLE,
    InterfaceError: UNAVAILABLE,
}

_log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Have the app answer every error in the one shape."""
    for kind in (CatalogError, RequestValidationError, OperationalError, InterfaceError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Moved, _redirect)
    app.add_exception_handler(SeeOther, _redirect)


def _redirect(request: Request, answer: Exception) -> Response:
    assert isinstance(answer, Moved | SeeOther), "registered for nothing else"
    if isinstance(answer, Moved):
        return RedirectResponse(answer.address, 308)
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}{answer.address}", 303, headers={"Vary": "Accept", "Cache-Control": "no-cache"})


def answer(request: Request, error: Exception) -> Response:
    """The response to an exception."""
    problem = problem_of(request, error)
    if problem.status >= 500:
        facts = {"request_id": problem.request_id, "status": problem.status}
        _log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error, extra={"facts": facts})
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    headers["Cache-Control"] = "no-store"
    if problem.request_id is not None:
        headers[REQUEST_ID] = problem.request_id
    if problem.status == METHOD_NOT_ALLOWED.status:
        # The framework names the first route of an address alone; HEAD is answered around it, like GET.
        headers["Allow"] = _allowed(request.url.path)
    # An unforeseen fault is answered outside of all middleware, so that it brings its headers itself.
    headers |= security_headers(request.url.path)
    page: PageRenderer | None = getattr(request.app.state, "problem_page", None)
    if page is not None and not request.url.path.startswith(_JSON_ADDRESSES):
        response = page(request, problem)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
    return Response(problem.model_dump_json(), problem.status, headers, MEDIA_TYPE)


def problem_of(request: Request, error: Exception) -> Problem:
    """What is said about an exception; of an unforeseen one, nothing that it carries."""
    links = Links(request.app.state.settings.public_url.rstrip("/"))
    kind = _http_kind(error) if isinstance(error, HTTPException) else _kind(error)
    reason, successor, last = None, None, None
    if isinstance(error, WithdrawnError):
        reason, successor = error.reason, error.successor
        last = links.to("entries", f"{error.accession}.v{error.last_version}")
    return Problem(
        type=f"{links.public_url}/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=_detail(request, error, kind),
        instance=request.url.path,
        errors=_parts(request, error),
        near=_near(request, error),
        reason=reason,
        successor=successor,
        request_id=request_id_of(request.scope),
        last_version_url=last,
    )


def _kind(error: Exception) -> Kind:
    return next((_KIND_OF[each] for each in type(error).__mro__ if each in _KIND_OF), INTERNAL)


def _allowed(path: str) -> str:
    if path in ("/api/v1/search", "/api/v1/jobs"):
        return "GET, HEAD, POST"
    return "POST" if path.startswith("/api/v1/jobs/") and path.endswith(("/cancel", "/retry")) else "GET, HEAD"


def _http_kind(error: HTTPException) -> Kind:
    return next((kind for kind in KINDS.values() if kind.status == error.status_code), BAD_REQUEST)


def _detail(request: Request, error: Exception, kind: Kind) -> str:
    if isinstance(error, CatalogError):
        return str(error)
    if isinstance(error, RequestValidationError):
        return _parts(request, error)[0].detail
    if isinstance(error, HTTPException):
        if kind is NOT_FOUND and error.detail == "Not Found":
            near = _near_addresses(request)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            return f"There is nothing at {request.url.path}; /openapi.json lists all addresses of the API.{hint}"
        if error.detail == "Method Not Allowed":
            return f"{request.url.path} cannot be asked with {request.method}."
        return str(error.detail)
    return kind.meaning


def _near(request: Request, error: Exception) -> list[str]:
    if isinstance(error, HTTPException) and error.status_code == NOT_FOUND.status:
        return _near_addresses(request)
    if isinstance(error, NotFoundError):
        return error.near
    if isinstance(error, NotAcceptable):
        return error.offers
    return error.candidates if isinstance(error, AmbiguousNameError) else []


def _near_addresses(request: Request) -> list[str]:
    prefix, kind, *_ = [*request.url.path.removeprefix("/api/").split("/"), "", ""]
    if prefix != "v1" or not kind:
        return []
    plain = kind.lower().replace("_", "-")
    return [f"/api/v1/{each}" for each in near_names(plain, request.app.state.address_kinds)]


def _parts(request: Request, error: Exception) -> list[ProblemPart]:
    if isinstance(error, InvalidQueryError):
        return [ProblemPart(pointer=f"/{place_of_fields(request)}/{error.field}", detail=str(error), near=error.near)]
    if isinstance(error, InvalidNotationError):
        return [ProblemPart(pointer=_pointer_to(request, error.text), detail=str(error), near=[])]
    if isinstance(error, RequestValidationError):
        return parts_of(error.errors())
    return []


def _pointer_to(request: Request, text: str) -> str:
    """Where in the request a text stands."""
    places = {"path": request.path_params, "query": request.query_params}
    found = [f"/{place}/{name}" for place, values in places.items() for name, value in values.items() if value == text]
    return found[0] if found else "/path"


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the address does not know: a misspelled filter would be ignored in silence.

    Raises:
        InvalidQueryError: A parameter is unknown, or holds a character that no database stores.
    """
    known = _known_parameters(request)
    for name, value in [*request.query_params.multi_items(), *request.path_params.items()]:
        if "\x00" in str(value):
            raise InvalidQueryError(name, f"{name} holds a null character, which no name does.")
    for name in request.query_params:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise InvalidQueryError(name, f"This address has no parameter {name!r}; {takes}.", near_names(name, known))
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidQueryError(name, f"The parameter {name!r} is given more than once; give it once.")


def _known_parameters(request: Request) -> list[str]:
    known: list[str] = []
    for field in request.scope["route"].dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            known.extend(model.model_fields)
        else:
            known.append(field.alias)
    return known
