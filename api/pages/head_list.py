"""Lists of heads for inference engines: which there are, and the page of one with the claims behind each head."""

import json

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import SessionDep
from api.pages.filters import read_query
from api.pages.rendering import Head, render, segment, with_query
from catalog.head_lists.convert import MEANINGS, Shape
from catalog.models import HeadType, LanguageModel
from catalog.models.head_list import HeadListVersion
from catalog.queries.head_list import HeadListQuery, find_head_lists, get_head_list, get_present_head_lists
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import resolve_language_model
from catalog.queries.page import PageRequest
from catalog.vocabulary import HeadListBasis, Unit

router = APIRouter()


class ListRequest(PageRequest):
    """Which of the present lists of a head type in a language model."""

    basis: HeadListBasis = HeadListBasis.CLAIMED
    unit: Unit | None = None


@router.get("/head-lists")
def list_page(request: Request, session: SessionDep) -> HTMLResponse:
    """All lists in their present version; the most inclusive rule unless another is chosen."""
    query, given = read_query(request, HeadListQuery)
    return render(
        request,
        "pages/head_lists.html",
        Head("Head lists", "Heads of one type in one language model, frozen for inference engines.", "/head-lists"),
        page=find_head_lists(session, query),
        query=given,
    )


@router.get("/language-models/{name}/head-lists")
def lists_of_model(session: SessionDep, name: str) -> Response:
    """The lists of one language model are a filter of all."""
    slug = resolve_language_model(session, name).slug
    return RedirectResponse(with_query("/head-lists", {"language_model": slug}), status_code=307)


@router.get("/language-models/{name}/head-lists/{head_type}")
def entry_page(request: Request, session: SessionDep, name: str, head_type: str) -> Response:
    """The list as it stands, by the rule and in the unit that the address names."""
    model, kind = resolve_language_model(session, name), resolve_head_type(session, head_type)
    query, given = read_query(request, ListRequest)
    if (model.slug, kind.slug) != (name, head_type):
        return RedirectResponse(with_query(_address(model, kind), given), status_code=307)
    lists = get_present_head_lists(session, model, kind, query.basis)
    # Query heads are what most engines count; where there are none, the only list is meant.
    shown = query.unit or (Unit.QUERY_HEAD if Unit.QUERY_HEAD in lists else Unit.KV_GROUP)
    return _page(request, lists.get(shown) or next(iter(lists.values())), list(lists))


@router.get("/language-models/{name}/head-lists/{head_type}/{version}")
def version_page(request: Request, session: SessionDep, name: str, head_type: str, version: str) -> Response:
    """One frozen list."""
    model, kind = resolve_language_model(session, name), resolve_head_type(session, head_type)
    if (model.slug, kind.slug) != (name, head_type):
        return RedirectResponse(f"{_address(model, kind)}/{segment(version)}", status_code=307)
    found = get_head_list(session, model, kind, version)
    return _page(request, found, [Unit(found.unit)], is_frozen=True)


def _address(model: LanguageModel, kind: HeadType) -> str:
    return f"/language-models/{segment(model.slug)}/head-lists/{kind.slug}"


def _page(request: Request, found: HeadListVersion, units: list[Unit], *, is_frozen: bool = False) -> HTMLResponse:
    model, kind = found.language_model, found.head_type
    address = _address(model, kind)
    content = json.loads(found.content)
    # The same numbers in both units, so that a reader sees how wide a group is.
    shape = Shape(model.n_layers, model.n_heads, model.n_kv_heads)
    return render(
        request,
        "pages/head_list.html",
        Head(
            f"{kind.name} list of {model.name}",
            f"{kind.name}: heads of {model.name} that are on the list ({found.basis}), and what was left out.",
            f"{address}/{found.version}" if is_frozen else address,
            data=f"/api/v1{address}/{found.version}",
            trail=[("Head lists", "/head-lists"), (model.name, f"/language-models/{segment(model.slug)}")],
            is_indexed=not is_frozen,
        ),
        found=found,
        content=content,
        address=address,
        units=units,
        shape=shape,
        conversions={rule: text for rule, text in MEANINGS.items() if rule.source == found.unit},
        is_frozen=is_frozen,
    )
