"""All pages and what they need, for `create_app`: one router, and the page of an error."""

from fastapi import APIRouter, FastAPI

from api.pages import (
    about,
    api_guide,
    circuit,
    coverage,
    crosswalk,
    detector,
    entry,
    finding,
    head,
    head_list,
    head_type,
    home,
    job,
    language_model,
    method,
    metric,
    paper,
    release,
    reliability,
    search,
    stage,
    survey_tables,
    transfer,
    verification,
)
from api.pages.problem import problem_page

_PAGES = (
    home,
    search,
    stage,
    transfer,
    head_type,
    head,
    language_model,
    finding,
    verification,
    entry,
    circuit,
    paper,
    method,
    metric,
    detector,
    survey_tables,
    crosswalk,
    about,
    api_guide,
    release,
    reliability,
    head_list,
    job,
    coverage,
)


def include_pages(app: FastAPI) -> None:
    """Add the pages to the app; they stay out of the API's document."""
    router = APIRouter(include_in_schema=False)
    for each in _PAGES:
        router.include_router(each.router)
    app.include_router(router)
    app.state.problem_page = problem_page
