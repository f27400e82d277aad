"""Numbers that no two rows share, so that a test names only what it is about."""

from itertools import count

# Above the numbers of all shipped entries, so that rows of a test can stand beside them.
_numbers = count(8000)


def fresh() -> int:
    """The next number."""
    return next(_numbers)
