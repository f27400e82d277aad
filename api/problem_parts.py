"""Which part of a request a validation error speaks of, and how it is shown: short, whatever was sent."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request

from api.schemas.problem import ProblemPart
from catalog.queries.names import near_names

LONGEST_SHOWN = 120
"""Characters of a refused value that an answer repeats."""

_ALTERNATIVES = ("and", "or", "not")
_TYPES = ("condition", "bool", "int", "float", "str")


def place_of_fields(request: Request) -> str:
    """Where the fields of a request stand: a search brings them in its body."""
    return "body" if request.method == "POST" else "query"


def parts_of(errors: Iterable[Any]) -> list[ProblemPart]:
    """What a validation says of the request, once for each part: every alternative of a union complains by itself."""
    found: dict[str, ProblemPart] = {}
    for part in map(part_of, errors):
        found.setdefault(part.pointer, part)
    return list(found.values())


def part_of(error: Any) -> ProblemPart:
    """What a validation error says of one part of the request."""
    steps = _steps(error["loc"])
    place = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    expected = error.get("ctx", {}).get("expected")
    message = error["msg"].removeprefix("Value error, ")
    detail = f"The value {shown(error.get('input'))} of {steps[-1]} cannot be used: {message[0].lower()}{message[1:]}."
    known = [] if expected is None else [each.strip("' ") for each in expected.replace(" or ", ", ").split(", ")]
    given = error.get("input")
    return ProblemPart(
        pointer=f"/{place}", detail=detail, near=near_names(given, known) if isinstance(given, str) else []
    )


def shown(value: Any) -> str:
    """A refused value as an answer repeats it; what is nested is named by its kind, for it may be deep."""
    for kind, name in ((dict, "an object"), (list, "a list"), (bytes, "the bytes sent")):
        if isinstance(value, kind):
            return f"({name})"
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _steps(place: tuple[str | int, ...]) -> list[str]:
    """The path of the JSON itself: the validator also names which alternative of a union it tried."""
    steps: list[str] = []
    rest = [str(step) for step in place]
    while rest:
        step = rest.pop(0)
        if step in _TYPES or step.startswith(("constrained-", "list[")):
            continue
        steps.append(step)
        if step in _ALTERNATIVES and rest and rest[0] == step:
            rest.pop(0)
    return steps
