"""GET /api/v1/feeds: the latest changes of entries, or of the findings of any query, for a feed reader."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.dependencies import ReplyDep, SessionDep
from api.feeds.forms import MEDIA_TYPES, FormName, write_feed
from api.feeds.item import FeedItem, detector_items, feed_items, latest_items
from catalog.queries.change import (
    EntryFeedQuery,
    FindingFeedQuery,
    find_detector_changes,
    find_entry_changes,
    find_finding_changes,
)

router = APIRouter(tags=["feeds"])

_FEED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed, as Atom (RFC 4287) or JSON Feed 1.1.",
        "content": {
            MEDIA_TYPES["atom"]: {"schema": {"type": "string"}},
            MEDIA_TYPES["json"]: {"schema": {"type": "object"}},
        },
    }
}


@router.get("/feeds/entries.{form}", response_class=Response, responses=_FEED)
def read_entry_feed(
    session: SessionDep, form: FormName, query: Annotated[EntryFeedQuery, Query()], reply: ReplyDep
) -> Response:
    """Latest versions of citable entries: what came, changed or was withdrawn."""
    changes = feed_items(session, find_entry_changes(session, query), reply.links)
    items = _with_detectors(session, query, changes, reply)
    return _answer(reply, form, "headcat: changes", items, "/")


@router.get("/feeds/findings.{form}", response_class=Response, responses=_FEED)
def read_finding_feed(
    session: SessionDep, form: FormName, query: Annotated[FindingFeedQuery, Query()], reply: ReplyDep
) -> Response:
    """Latest versions of the findings of a query, and new verdicts on them."""
    changes = feed_items(session, find_finding_changes(session, query), reply.links)
    items = _with_detectors(session, query, changes, reply)
    asked = reply.request.query_params
    title = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asked.items() if name != "limit")
    same = "&".join(part for part in reply.request.url.query.split("&") if not part.startswith("limit="))
    page = f"/findings?{same}" if same else "/findings"
    return _answer(reply, form, f"headcat: findings, {title}" if title else "headcat: findings", items, page)


def _with_detectors(
    session: SessionDep, query: EntryFeedQuery | FindingFeedQuery, changes: list[FeedItem], reply: ReplyDep
) -> list[FeedItem]:
    decided = detector_items(find_detector_changes(session, query), reply.links)
    return latest_items([*changes, *decided], query.limit) if decided else changes


def _answer(reply: ReplyDep, form: FormName, title: str, items: list[FeedItem], home: str) -> Response:
    public, url = reply.links.public_url, reply.request.url
    here = f"{public}{url.path}?{url.query}" if url.query else f"{public}{url.path}"
    text = write_feed(form, title, here, public + home, items)
    return Response(text, headers=dict(reply.response.headers), media_type=f"{MEDIA_TYPES[form]}; charset=utf-8")
