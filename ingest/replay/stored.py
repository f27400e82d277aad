"""Stored verifications as they come: a bare record, an answer of the API, a frozen form, the output of `verify`.

Whatever the shape, one `Stored` for each record. A file of JSON Lines is read line by line, any other as a whole.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import RecordRefusedError

_COLUMNS = ("verdict", "grade", "score", "chance", "ci_low", "ci_high", "p_adjusted", "rank", "protocol_version")
"""What an answer of the API says beside the record, and the record says too."""


@dataclass(frozen=True)
class Stored:
    """One record, and what was said of it beside it."""

    record: dict[str, Any]
    where: str
    """Its accession, or its place where it names none."""
    sha256: str | None = None
    """None where the form states no hash, so that there is none to compare with."""
    signature: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    """Fields of the API's answer that the record has to agree with."""


def read_file(file: str) -> Iterator[Stored]:
    """All records of a file, or of standard input for `-`.

    Raises:
        RecordRefusedError: A line is no JSON, or none of the forms.
        OSError: The file cannot be read.
    """
    try:
        if file == "-":
            yield from read_lines(sys.stdin)
            return
        with Path(file).expanduser().open(encoding="utf-8") as lines:
            yield from read_lines(lines)
    except UnicodeDecodeError as problem:
        raise RecordRefusedError(file, "text", "it is no UTF-8") from problem


def read_lines(lines: Iterable[str]) -> Iterator[Stored]:
    """All records of JSON Lines, or of one JSON text over many lines.

    Raises:
        RecordRefusedError: A line is no JSON, or none of the forms.
    """
    remaining = iter(lines)
    first = next(remaining, "")
    try:
        whole = _parsed(first, "line 1")
    except RecordRefusedError:
        # One object over many lines, or no JSON at all: then the message is about the whole.
        yield from _forms(_parsed(first + "".join(remaining), "the file"), "the file")
        return
    yield from _forms(whole, "line 1")
    for number, line in enumerate(remaining, start=2):
        if line.strip():
            yield from _forms(_parsed(line, f"line {number}"), f"line {number}")


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as problem:
        raise RecordRefusedError(where, "text", "it is nested too deeply for a record") from problem
    except ValueError as problem:
        raise RecordRefusedError(where, "text", f"it is no JSON ({problem})") from problem


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # The last of two equal keys would win here and the first elsewhere: one hash for two readings.
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _forms(content: Any, where: str) -> Iterator[Stored]:
    if isinstance(content, list):
        for number, each in enumerate(content, start=1):
            yield from _forms(each, f"{where}, record {number}")
        return
    read = _reader(content)
    if read is None:
        raise RecordRefusedError(where, "text", "it holds no verification: `headcat verify --json FILE` writes some")
    yield from read(content, where)


def _reader(content: Any) -> Callable[[dict[str, Any], str], Iterator[Stored]] | None:
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("verifications"), list):
        return _of_command
    if "record" in content:
        return _of_api
    if "content" in content:
        return _of_entry
    return _bare if "measured" in content or "protocol_version" in content else None


def _bare(record: dict[str, Any], where: str) -> Iterator[Stored]:
    yield Stored(record, _name(record, where))


def _of_command(content: dict[str, Any], where: str) -> Iterator[Stored]:
    frozen = content.get("frozen", {})
    for number, record in enumerate(content["verifications"], start=1):
        name = _name(record, f"{where}, record {number}")
        beside = frozen.get(name, {}) if isinstance(frozen, dict) else {}
        yield Stored(_an_object(record, name), name, beside.get("record_sha256"), beside.get("signature"))


def _of_api(content: dict[str, Any], where: str) -> Iterator[Stored]:
    record = _an_object(content["record"], where)
    columns = {name: content[name] for name in _COLUMNS if name in content}
    yield Stored(record, _name(record, where), content.get("record_sha256"), content.get("signature"), columns)


def _of_entry(content: dict[str, Any], where: str) -> Iterator[Stored]:
    record = _an_object(content["content"], where)
    yield Stored(record, _name(record, where), content.get("content_sha256"))


def _an_object(record: Any, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise RecordRefusedError(where, "record", "it is no object")
    return record


def _name(record: Any, where: str) -> str:
    accession = record.get("accession") if isinstance(record, dict) else None
    return accession if isinstance(accession, str) else where
