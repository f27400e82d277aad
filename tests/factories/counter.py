"""Numbers that no two rows share, so that a test names only what it is about."""

from itertools import count

_numbers = count(1)


def fresh() -> int:
    """The next number."""
    return next(_numbers)
