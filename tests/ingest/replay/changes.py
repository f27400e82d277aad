"""Changes to a record at a path, as `measured.cause.low`."""

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], None]


def set_to(path: str, value: Any) -> Change:
    """Have another value there; a function is given the one that was there."""

    def change(record: dict[str, Any]) -> None:
        inner, last = _parent(record, path)
        inner[last] = value(inner[last]) if callable(value) else value

    return change


def without(path: str) -> Change:
    """Have nothing there."""

    def change(record: dict[str, Any]) -> None:
        inner, last = _parent(record, path)
        del inner[last]

    return change


def _parent(record: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, last = path.split(".")
    for name in parents:
        record = record[name]
    return record, last
