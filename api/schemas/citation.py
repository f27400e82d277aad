"""How the document describes citations: text in the style asked for, JSON where the style is JSON."""

from typing import Any

from api.signposting import LINKSET
from catalog.citation.style import STYLES

Answers = dict[int | str, dict[str, Any]]


def _schema(media_type: str) -> dict[str, Any]:
    return {"schema": {"type": "object" if media_type.endswith("+json") else "string"}}


_STYLES = {style.media_type: _schema(style.media_type) for style in STYLES.values()}

CITATIONS: Answers = {200: {"description": "The citation.", "content": _STYLES}}

FORMS: Answers = {
    200: {"description": "The version, or its citation.", "content": {**_STYLES, "text/csv": _schema("text/csv")}},
    303: {"description": "HTML was asked for: the page of the version."},
}

LINKSET_ANSWER: Answers = {200: {"description": "The signposts.", "content": {LINKSET: _schema(LINKSET)}}}
