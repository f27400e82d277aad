"""One version of an entry as CSV: a line of names and a line of values."""

import csv
import io
import json
from typing import Any

from catalog.canonical import canonical_json
from catalog.citation.record import Citation
from catalog.models import EntryVersion

# Spreadsheets run a cell that begins so as a formula; an apostrophe keeps it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def entry_csv(frozen: EntryVersion, citation: Citation) -> str:
    """What cites the version, then the top level of its content; what is deeper stands as JSON in its cell."""
    content: dict[str, Any] = json.loads(frozen.content)
    cells: dict[str, Any] = {
        "accession": frozen.accession,
        "version": frozen.version,
        "title": citation.title,
        "url": citation.url,
        "sha256": frozen.content_sha256,
        **{f"content.{name}": value for name, value in sorted(content.items())},
    }
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(cells)
    writer.writerow(_cell(value) for value in cells.values())
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else canonical_json(value)
