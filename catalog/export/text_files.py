"""Tables as JSON Lines and as CSV: one line for each row, the same bytes from either database."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from catalog.canonical import canonical_json
from catalog.export.reading import TableSource
from catalog.export.tables import kind_of

# Characters for which a field is put into quotation marks (RFC 4180).
_QUOTED = set('",\r\n')
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def write_jsonl(source: TableSource, file: Path) -> int:
    """One JSON object for each row, with every column; returns the number of rows."""
    names = [column.name for column in source.columns]
    convert = {n: _JSON_FORMS[kind] for n, c in enumerate(source.columns) if (kind := kind_of(c)) in _JSON_FORMS}
    n_rows = 0
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        for batch in source.batches():
            for row in zip(*_converted(batch, convert), strict=True):
                stream.write(_ENCODER.encode(dict(zip(names, row, strict=True))) + "\n")
            n_rows += len(batch[0])
    return n_rows


def write_csv(source: TableSource, file: Path) -> int:
    """A heading and one line for each row; an absent value is an empty field, an empty text is `""`."""
    convert = {n: _CSV_FORMS[kind_of(column)] for n, column in enumerate(source.columns)}
    n_rows = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(column.name for column in source.columns) + "\r\n")
        for batch in source.batches():
            for row in zip(*_converted(batch, convert), strict=True):
                stream.write(",".join("" if field is None else field for field in row) + "\r\n")
            n_rows += len(batch[0])
    return n_rows


def iso_time(moment: datetime) -> str:
    """A time in UTC with six digits of a second, so that all are equally long."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sorted_keys(content: Any) -> Any:
    """The same JSON value with its keys in order: databases do not agree on theirs."""
    if isinstance(content, dict):
        return {key: sorted_keys(content[key]) for key in sorted(content)}
    return [sorted_keys(each) for each in content] if isinstance(content, list) else content


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if not text or _QUOTED & set(text) else text


def _json_text(content: Any) -> str:
    return _quoted(canonical_json(content))


_JSON_FORMS: dict[str, Callable[[Any], Any]] = {
    "json": sorted_keys,
    "datetime": iso_time,
    "date": date.isoformat,
}
_CSV_FORMS: dict[str, Callable[[Any], str]] = {
    "json": _json_text,
    "datetime": iso_time,
    "date": date.isoformat,
    "boolean": lambda value: "true" if value else "false",
    "integer": str,
    "float": repr,
    "text": _quoted,
}


def _converted(batch: list[Sequence[Any]], convert: dict[int, Callable[[Any], Any]]) -> list[Sequence[Any]]:
    return [
        [None if value is None else convert[n](value) for value in column] if n in convert else column
        for n, column in enumerate(batch)
    ]
