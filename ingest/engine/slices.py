"""Work cut into slices, so that what is held at once stays small."""

from collections.abc import Iterator


def slices(n: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover 0 … n."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
