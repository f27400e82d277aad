"""Language models: the filtered list, and the page of one with its layers × heads grid."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.dependencies import SessionDep
from api.pages.drawings.head_grid import Grid, claim_grid, score_grid, verdict_grid
from api.pages.filters import filled, read_query
from api.pages.rendering import Head, render, segment, with_query
from catalog.errors import InvalidQueryError
from catalog.models import HeadScore, HeadScoreTable, HeadType
from catalog.queries.coverage import head_types_of_metric
from catalog.queries.grid import get_claim_grid, get_score_grid
from catalog.queries.head_score import HeadScoreQuery, find_head_scores
from catalog.queries.language_model import (
    LanguageModelDetail,
    LanguageModelQuery,
    find_language_models,
    get_language_model,
    list_families,
    resolve_language_model,
)
from catalog.queries.page import Page
from catalog.vocabulary import Direction

router = APIRouter()

LIST_LIMIT = 100
TOP_HEADS = 10
TWIN_LIMIT = 100

# Tables among which the one to show first is chosen.
MOST_COMPARED = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """What the grid shows."""

    key: str
    """`claims`, `verdicts`, `type:SLUG` or `table:SLUG`, as in the address."""
    title: str
    grid: Grid
    table: HeadScoreTable | None = None
    head_type: HeadType | None = None
    ringed: HeadType | None = None
    """Type whose claimed heads are ringed in a grid of scores."""


@router.get("/language-models")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All language models, filtered by family and name."""
    query, given = read_query(request, LanguageModelQuery, limit=LIST_LIMIT)
    return render(
        request,
        "pages/language_models.html",
        Head(
            "Language models",
            "Language models whose attention heads were studied: shapes, claims and score tables.",
            "/language-models",
        ),
        page=find_language_models(session, query),
        query=given,
        families=[(family, family) for family in list_families(session)],
    )


@router.get("/language-models/{name}")
def entry_page(request: Request, session: SessionDep, name: str) -> Response:
    """One language model; `show` picks what its grid shows, `view=table` lists the same numbers as rows."""
    slug = resolve_language_model(session, name).slug
    if slug != name:
        return RedirectResponse(f"/language-models/{segment(slug)}", status_code=307)
    detail = get_language_model(session, slug)
    given = filled(request.query_params)
    shown = _shown(session, detail, given.get("show"))
    model = detail.language_model
    is_twin = given.get("view") == "table" and shown.table is not None
    return render(
        request,
        "pages/language_model_scores.html" if is_twin else "pages/language_model.html",
        Head(
            model.name,
            f"Attention heads of {model.name} ({model.hub_id}): {model.n_layers} layers × {model.n_heads} heads, "
            f"claims, verdicts and scores of each.",
            f"/language-models/{slug}",
            data=f"/api/v1/language-models/{slug}",
            feed=with_query("/api/v1/feeds/findings.atom", {"language_model": slug}),
            trail=[("Language models", "/language-models")],
        ),
        detail=detail,
        shown=shown,
        given=given,
        base=f"/language-models/{segment(slug)}",
        scores=_best(session, shown.table, given if is_twin else {}),
    )


def _shown(session: Session, detail: LanguageModelDetail, key: str | None) -> Shown:
    """What the address asks for; without a wish, a complete table of scores, ours before published ones."""
    model = detail.language_model
    kind, _, slug = (key or _default(session, detail)).partition(":")
    if kind == "table":
        scores = get_score_grid(session, model.slug, slug)
        types = head_types_of_metric(session, model, scores.table.metric_id)
        # With several types behind one number a ring would not say which of them is claimed.
        ringed = types[0] if len(types) == 1 else None
        claims = get_claim_grid(session, model.slug, ringed.slug) if ringed else None
        return Shown(f"table:{slug}", scores.table.metric.name, score_grid(scores, claims), scores.table, None, ringed)
    if kind == "type":
        head_type = next((each for each, _ in detail.findings_by_head_type if each.slug == slug), None)
        if head_type is None:
            near = [each.slug for each, _ in detail.findings_by_head_type][:3]
            raise InvalidQueryError("show", f"No source claims a head of the type {slug!r} in {model.name}.", near)
        grid = verdict_grid(get_claim_grid(session, model.slug, slug))
        return Shown(f"type:{slug}", f"Claims of {head_type.name}", grid, head_type=head_type)
    if kind == "verdicts":
        return Shown("verdicts", "Latest verdicts", verdict_grid(get_claim_grid(session, model.slug)))
    if kind == "claims":
        return Shown("claims", "Claims", claim_grid(get_claim_grid(session, model.slug)))
    raise InvalidQueryError("show", f"The grid cannot show {key!r}.", ["claims", "verdicts"])


def _default(session: Session, detail: LanguageModelDetail) -> str:
    """The table that speaks of the most claims: ours before published ones, complete ones before others."""
    tables = sorted(detail.head_score_tables, key=lambda each: (each.scan_run_id is None, not each.is_complete))
    if not tables:
        return "claims"
    best = [each for each in tables if (each.scan_run_id is None) == (tables[0].scan_run_id is None)][:MOST_COMPARED]
    n_claims = {head_type.id: n for head_type, n in detail.findings_by_head_type}

    def claims(table: HeadScoreTable) -> int:
        types = head_types_of_metric(session, detail.language_model, table.metric_id)
        return sum(n_claims.get(each.id, 0) for each in types)

    return f"table:{max(best, key=claims).slug}"


def _best(session: Session, table: HeadScoreTable | None, given: dict[str, str]) -> Page[HeadScore] | None:
    """The heads that score best by a table: a few beside the grid, pages of them as its twin."""
    if table is None:
        return None
    sort = "score" if table.metric.direction == Direction.LOWER else "-score"
    limit = TWIN_LIMIT if given else TOP_HEADS
    query = HeadScoreQuery(sort=sort, limit=limit, cursor=given.get("cursor"), total=True)
    return find_head_scores(session, table.slug, query)
