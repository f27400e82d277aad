"""The API on one page, read from its own OpenAPI document, for people without a viewer of such documents."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.pages.rendering import Head, public_url, render

router = APIRouter()


@router.get("/about/api")
def api_page(request: Request) -> HTMLResponse:
    """Every address of the API with what it takes."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    operations = [(path, methods["get"]) for path, methods in paths.items() if "get" in methods]
    return render(
        request,
        "pages/api_guide.html",
        Head("API", "Every address of the REST API with its parameters.", "/about/api", trail=[("About", "/about")]),
        operations=operations,
        public=public_url(request),
    )
