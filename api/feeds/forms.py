"""A feed as Atom (RFC 4287) and as JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from api.feeds.item import FeedItem
from catalog.citation.record import CONTRIBUTORS

FormName = Literal["atom", "json"]
MEDIA_TYPES: dict[FormName, str] = {"atom": "application/atom+xml", "json": "application/feed+json"}

# An empty feed has no latest change, and Atom wants a time: that of the first commit of the catalog.
_NEVER = datetime(2026, 11, 24, tzinfo=UTC)


def write_feed(form: FormName, title: str, here: str, home: str, items: Sequence[FeedItem]) -> str:
    """The text of a feed.

    Args:
        form: Atom or JSON Feed.
        title: Name of the feed.
        here: Address of the feed itself.
        home: Address of the page that shows the same.
        items: Changes, latest first.
    """
    return _atom(title, here, home, items) if form == "atom" else _json(title, here, home, items)


def _atom(title: str, here: str, home: str, items: Sequence[FeedItem]) -> str:
    updated = items[0].at if items else _NEVER
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>{_text(title)}</title>\n<id>{_text(here)}</id>\n<updated>{updated.isoformat()}</updated>\n"
        f'<link rel="self" type="{MEDIA_TYPES["atom"]}" href={quoteattr(here)}/>\n'
        f'<link rel="alternate" type="text/html" href={quoteattr(home)}/>\n'
        f"<author><name>{CONTRIBUTORS}</name></author>\n"
        "<rights>CC BY 4.0, https://creativecommons.org/licenses/by/4.0/</rights>\n"
        f"{''.join(_atom_entry(item) for item in items)}</feed>\n"
    )


def _atom_entry(item: FeedItem) -> str:
    return (
        f"<entry>\n<title>{_text(item.title)}</title>\n<id>{_text(item.id)}</id>\n"
        f"<updated>{item.at.isoformat()}</updated>\n"
        f'<link rel="alternate" type="text/html" href={quoteattr(item.page)}/>\n'
        f'<link rel="related" type="application/json" href={quoteattr(item.id)}/>\n'
        f"<summary>{_text(item.summary)}</summary>\n</entry>\n"
    )


def _text(text: str) -> str:
    """Text for XML 1.0, which has no place for control characters, not even escaped."""
    return escape("".join(letter for letter in text if letter >= " " or letter in "\t\n"))


def _json(title: str, here: str, home: str, items: Sequence[FeedItem]) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": home,
        "feed_url": here,
        "language": "en",
        "authors": [{"name": CONTRIBUTORS}],
        "items": [
            {
                "id": item.id,
                "url": item.page,
                "title": item.title,
                "content_text": item.summary,
                "date_published": item.at.isoformat(),
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"
