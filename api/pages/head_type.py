"""Head types: the filtered list, and the page of one."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import SessionDep
from api.pages.drawings.depth_strip import depth_strip
from api.pages.filters import read_query
from api.pages.rendering import Head, bibtex_address, render, with_query
from api.pages.signposts import signposted, tags_of
from api.pages.wording import RELATIONS, TIERS
from catalog.models import HeadType
from catalog.queries.coverage import count_claims_by_layer, count_verdicts_by_language_model
from catalog.queries.finding import FindingQuery, find_findings
from catalog.queries.head_type import HeadTypeQuery, find_head_types, get_head_type, resolve_head_type
from catalog.queries.stage import find_stages

router = APIRouter()

# More than half of the types fit on one page; the list is short enough to be read rather than paged.
LIST_LIMIT = 200
FINDINGS_LIMIT = 25


@router.get("/head-types")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All head types, filtered by stage, origin, tier and name."""
    query, given = read_query(request, HeadTypeQuery, limit=LIST_LIMIT)
    return render(
        request,
        "pages/head_types.html",
        Head("Head types", "Kinds of attention head named in the literature, with stages and claims.", "/head-types"),
        page=find_head_types(session, query),
        query=given,
        stage_options=[(stage.slug, stage.name) for stage in find_stages(session).items],
        tiers=[(tier, f"{tier}: {text}") for tier, text in TIERS.items()],
    )


@router.get("/head-types/{name}")
def entry_page(request: Request, session: SessionDep, name: str) -> Response:
    """One head type; any published name leads to the page of its slug."""
    slug = resolve_head_type(session, name).slug
    if slug != name:
        return RedirectResponse(f"/head-types/{slug}", status_code=307)
    detail = get_head_type(session, slug)
    query, given = read_query(request, FindingQuery, head_type=slug, limit=FINDINGS_LIMIT)
    head_type = detail.head_type
    models = [model for model, _ in detail.findings_by_language_model]
    page = render(
        request,
        "pages/head_type.html",
        Head(
            f"{head_type.name} ({head_type.accession})",
            head_type.definition,
            f"/head-types/{slug}",
            citation=tags_of(request, session, head_type),
            bibtex=bibtex_address(head_type),
            data=f"/api/v1/head-types/{slug}",
            feed=with_query("/api/v1/feeds/findings.atom", {"head_type": slug}),
            trail=[("Head types", "/head-types")],
        ),
        detail=detail,
        is_disputed=len({assignment.stage_id for assignment in detail.assignments}) > 1,
        relations=_relations(head_type),
        depth=depth_strip(models, count_claims_by_layer(session, head_type.id)),
        verdicts_by_model=count_verdicts_by_language_model(session, head_type.id),
        findings=find_findings(session, query),
        query=given,
    )
    return signposted(request, page, head_type)


def _relations(head_type: HeadType) -> list[tuple[str, HeadType, object]]:
    """Both directions, read from this head type; a pair that both sides state is shown once."""
    found = [(RELATIONS[each.relation][0], each.target, each) for each in head_type.relations]
    known = {(words, other.id) for words, other, _ in found}
    for each in head_type.incoming_relations:
        words = RELATIONS[each.relation][1]
        if (words, each.source.id) not in known:
            found.append((words, each.source, each))
    return list(found)
