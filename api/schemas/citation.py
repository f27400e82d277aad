"""How the document describes citations: text in the style asked for, JSON where the style is JSON."""

from typing import Any

from catalog.citation.style import STYLES

CITATIONS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The citation.",
        "content": {
            style.media_type: {"schema": {"type": "object" if style.media_type.endswith("+json") else "string"}}
            for style in STYLES.values()
        },
    }
}
