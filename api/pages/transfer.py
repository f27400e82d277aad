"""Transfer: whether a head type carries over to other language models, tasks, prompts and depths."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render, with_query
from catalog.queries.inheritance import find_inheritance
from catalog.queries.language_model import list_families
from catalog.queries.transfer import DepthsOfType, TransferQuery, find_depths, find_transfer

router = APIRouter()

LEFT, RIGHT, TOP, ROW = 230, 840, 30, 24


@dataclass(frozen=True, slots=True)
class DepthRow:
    """One head type of the drawing: a dot for each head, a box from the first to the third quartile."""

    found: DepthsOfType
    y: float
    dots: list[float]
    box: tuple[float, float, float] | None


@router.get("/transfer")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """The matrix as a table, depth distributions, and what tuned language models keep of their base."""
    query, given = read_query(request, TransferQuery)
    depths = find_depths(session, query.head_type)
    return render(
        request,
        "pages/transfer.html",
        Head(
            "Transfer",
            "Whether head types carry over: to other language models, tasks and prompts, at which depth, after tuning.",
            "/transfer",
            data=with_query("/api/v1/transfer", given),
        ),
        page=find_transfer(session, query),
        query=given,
        families=[(family, family) for family in list_families(session)],
        depth_rows=[_row(each, TOP + i * ROW) for i, each in enumerate(depths)],
        depth_frame={"left": LEFT, "right": RIGHT, "height": TOP + len(depths) * ROW},
        inheritance=find_inheritance(session),
    )


def _row(found: DepthsOfType, y: float) -> DepthRow:
    quartiles = found.quartiles
    box = None if quartiles is None else (_x(quartiles[0]), _x(quartiles[1]), _x(quartiles[2]))
    return DepthRow(found, y, [_x(depth) for depth in found.depths], box)


def _x(depth: float) -> float:
    return LEFT + depth * (RIGHT - LEFT)
