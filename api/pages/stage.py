"""The four stages: their graph as a map and as a table, and the page of one."""

from collections import defaultdict

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.home import make_stage_map
from api.pages.rendering import Head, render
from catalog.models import StageAssignment
from catalog.queries.head_type import HeadTypeQuery, find_head_types
from catalog.queries.stage import find_stages, find_transitions, get_stage
from catalog.vocabulary import Stage

router = APIRouter()

ALL_TYPES = 500


@router.get("/stages")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """The graph of stages."""
    return render(
        request,
        "pages/stages.html",
        Head("Stages", "The four stages of reasoning, their functions and how they lead to each other.", "/stages"),
        map=make_stage_map(session),
        stages=find_stages(session).items,
        transitions=find_transitions(session),
    )


@router.get("/stages/{slug}")
def entry_page(request: Request, session: SessionDep, slug: str) -> HTMLResponse:
    """One stage with the head types that sources put into it."""
    detail = get_stage(session, slug)
    stage = detail.stage
    return render(
        request,
        "pages/stage.html",
        Head(
            stage.name,
            stage.definition,
            f"/stages/{stage.slug}",
            data=f"/api/v1/stages/{stage.slug}",
            trail=[("Stages", "/stages")],
        ),
        detail=detail,
        by_type=_by_type(detail.assignments),
        disputed={
            row.head_type.id
            for row in find_head_types(session, HeadTypeQuery(stage=Stage(stage.slug), limit=ALL_TYPES)).items
            if len({each.stage_id for each in row.assignments}) > 1
        },
    )


def _by_type(assignments: list[StageAssignment]) -> list[list[StageAssignment]]:
    """Assignments of the same head type together."""
    found: dict[int, list[StageAssignment]] = defaultdict(list)
    for each in assignments:
        found[each.head_type_id].append(each)
    return list(found.values())
