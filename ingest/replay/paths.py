"""Fields of a record by path, as messages name them: measured.cause.low."""

from functools import cache


@cache
def names_in(path: str) -> tuple[str, ...]:
    """The names of a path; the same few dozen are asked for in every record."""
    return tuple(path.split("."))
