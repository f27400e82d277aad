"""GET /api/v1/head-lists: heads of one type in one language model, for inference engines, frozen by version."""

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep, SessionDep
from api.routes.entry import IMMUTABLE
from api.schemas.base import PageOf
from api.schemas.head_list import HeadListRecord, HeadListRef, list_addresses
from catalog.errors import InvalidQueryError
from catalog.head_lists.convert import MEANINGS, Conversion, Shape, convert, unit_to_read
from catalog.head_lists.shapes import duo_attention_tsv, retrieval_head_json
from catalog.models import HeadType, LanguageModel
from catalog.models.head_list import HeadListVersion
from catalog.queries.head_list import (
    HeadListQuery,
    ListsOfModelQuery,
    find_head_lists,
    get_head_list,
    get_present_head_lists,
)
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import resolve_language_model
from catalog.vocabulary import HeadListBasis, Unit

router = APIRouter(tags=["head lists"])


class ListForm(BaseModel):
    """How a list is to be answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversion: Conversion | None = Field(
        default=None,
        description="Turn the list into the other unit: " + " ".join(f"{k}: {v}" for k, v in MEANINGS.items()),
    )
    format: Literal["json", "retrieval_head", "duo_attention"] = Field(
        default="json",
        description='json; retrieval_head: `{"16-19": [0.94]}`, query heads with published values; duo_attention: '
        "tab-separated, a line for each layer and a column for each key-value group, 1 on the list and 0 not.",
    )
    score: str | None = Field(
        default=None,
        max_length=96,
        description="For retrieval_head: metric whose values are written, or `membership` for 1.",
    )


class PresentListForm(ListForm):
    """Which of the present lists, and how it is to be answered."""

    basis: HeadListBasis = Field(
        default=HeadListBasis.CLAIMED, description="Which heads are counted: claimed, undisputed or reproduced."
    )
    unit: Unit | None = Field(default=None, description="Unit of the list; needed where there are lists in both.")


ShapesAnswer: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The list.",
        "content": {"text/tab-separated-values": {"schema": {"type": "string"}}},
        "headers": {
            "X-Heads-Without-Score": {
                "description": "For retrieval_head: heads on the list that have no number in the metric.",
                "schema": {"type": "string"},
            }
        },
    }
}


@router.get("/head-lists")
def list_head_lists(
    session: SessionDep, query: Annotated[HeadListQuery, Query()], reply: ReplyDep
) -> PageOf[HeadListRef]:
    """Which lists of heads there are, each in its present version."""
    return reply.page(find_head_lists(session, query), HeadListRef.of)


@router.get("/language-models/{slug}/head-lists")
def list_head_lists_of_language_model(
    session: SessionDep, slug: str, query: Annotated[ListsOfModelQuery, Query()], reply: ReplyDep
) -> PageOf[HeadListRef]:
    """Which lists of heads of one language model there are."""
    model = resolve_language_model(session, slug)
    if model.slug != slug:
        reply.moved("language-models", model.slug, "head-lists")
    # The slug of one revision is also the hub id of all of them, spelled otherwise; only this row is meant.
    found = find_head_lists(session, HeadListQuery(**query.model_dump(), language_model=model.slug))
    return reply.page(found, HeadListRef.of)


@router.get("/language-models/{slug}/head-lists/{head_type}", response_model=HeadListRecord, responses=ShapesAnswer)
def read_head_list(
    session: SessionDep, slug: str, head_type: str, query: Annotated[PresentListForm, Query()], reply: ReplyDep
) -> HeadListRecord | Response:
    """Heads of a type in a language model as they stand; `version_url` and `Content-Location` name the version to keep.

    A list of query heads and one of key-value groups are never mixed: the other unit needs a conversion by name.
    """
    model, kind = _named(session, reply, slug, head_type)
    lists = get_present_head_lists(session, model, kind, query.basis)
    found = lists[unit_to_read(lists, query.unit, query.conversion)]
    return _answer(found, query, reply, {"Cache-Control": "no-cache"})


@router.get(
    "/language-models/{slug}/head-lists/{head_type}/{version}", response_model=HeadListRecord, responses=ShapesAnswer
)
def read_head_list_version(
    session: SessionDep,
    slug: str,
    head_type: str,
    version: str,
    *,
    query: Annotated[ListForm, Query()],
    reply: ReplyDep,
) -> HeadListRecord | Response:
    """One frozen list: the same bytes for ever, to be kept in a configuration."""
    model, kind = _named(session, reply, slug, head_type, version)
    found = get_head_list(session, model, kind, version)
    unit_to_read([Unit(found.unit)], None, query.conversion)
    present = list_addresses(found, reply.links)["url"]
    return _answer(found, query, reply, {"Cache-Control": IMMUTABLE, "Link": f'<{present}>; rel="latest-version"'})


# A hub id holds a slash, so that it takes two steps of the path.
@router.get("/language-models/{owner}/{name}/head-lists/{head_type}", include_in_schema=False)
def redirect_hub_id_head_list(
    session: SessionDep,
    owner: str,
    name: str,
    head_type: str,
    *,
    _query: Annotated[PresentListForm, Query()],
    reply: ReplyDep,
) -> None:
    """A hub id answers 308 to the slug."""
    model = resolve_language_model(session, f"{owner}/{name}")
    reply.moved("language-models", model.slug, "head-lists", head_type)


def _named(
    session: SessionDep, reply: ReplyDep, slug: str, head_type: str, *version: str
) -> tuple[LanguageModel, HeadType]:
    model, kind = resolve_language_model(session, slug), resolve_head_type(session, head_type)
    if model.slug != slug or kind.slug != head_type:
        reply.moved("language-models", model.slug, "head-lists", kind.slug, *version)
    return model, kind


def _answer(
    found: HeadListVersion, form: ListForm, reply: ReplyDep, headers: dict[str, str]
) -> HeadListRecord | Response:
    content = json.loads(found.content)
    model, heads, unit = content["language_model"], content["heads"], Unit(found.unit)
    shape = Shape(model["n_layers"], model["n_heads"], model["n_kv_heads"])
    if form.conversion is not None:
        heads, unit = convert(heads, form.conversion, shape), form.conversion.target
    if form.score is not None and form.format != "retrieval_head":
        raise InvalidQueryError("score", "A score is written in the shape retrieval_head alone; leave it out.")
    given = form.model_dump(mode="json", include={"conversion", "format", "score"}, exclude_defaults=True)
    address = list_addresses(found, reply.links)["version_url"]
    headers = headers | {"Content-Location": f"{address}?{urlencode(given)}" if given else address}
    if form.format == "duo_attention":
        return Response(duo_attention_tsv(heads, unit, shape), headers=headers, media_type="text/tab-separated-values")
    if form.format == "retrieval_head":
        text, without = retrieval_head_json(heads, unit, form.score)
        headers |= {"X-Heads-Without-Score": " ".join(without)} if without else {}
        return Response(text, headers=headers, media_type="application/json")
    reply.response.headers.update(headers)
    return HeadListRecord.made_of(found, heads, form.conversion, reply.links)
