"""The page of one head of one language model: every claim, every verdict, every number."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SessionDep
from api.pages.rendering import Head, render, segment
from catalog.models import LanguageModel
from catalog.notation import HeadRef
from catalog.queries.head import get_head

router = APIRouter()


@router.get("/language-models/{name}/heads/{head}")
def entry_page(request: Request, session: SessionDep, name: str, head: str) -> Response:
    """One head, named `L5H1`; `5.1` and `5-1` lead there too."""
    detail = get_head(session, name, HeadRef.parse(head))
    model, place = detail.language_model, detail.head
    address = f"/language-models/{segment(model.slug)}/heads/{place}"
    if (name, head) != (model.slug, str(place)):
        return RedirectResponse(address, status_code=307)
    return render(
        request,
        "pages/head.html",
        Head(
            f"{place} of {model.name}",
            f"Head {place} of {model.name}: {len(detail.findings)} claims, {len(detail.verifications)} re-runs, "
            f"{len(detail.scores)} scores with rank and percentile.",
            address,
            data=f"/api/v1{address}",
            trail=[("Language models", "/language-models"), (model.name, f"/language-models/{segment(model.slug)}")],
        ),
        detail=detail,
        base=f"/language-models/{segment(model.slug)}",
        neighbours=_neighbours(model, place),
    )


def _neighbours(model: LanguageModel, head: HeadRef) -> dict[str, HeadRef | None]:
    """Heads beside this one in the grid; None at its edges."""

    def at(layer: int, column: int) -> HeadRef | None:
        is_inside = 0 <= layer < model.n_layers and 0 <= column < model.n_heads
        return HeadRef(layer, column) if is_inside else None

    return {
        "previous head": at(head.layer, head.head - 1),
        "next head": at(head.layer, head.head + 1),
        "same head, layer before": at(head.layer - 1, head.head),
        "same head, next layer": at(head.layer + 1, head.head),
    }
