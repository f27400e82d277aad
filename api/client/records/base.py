"""Records of the API (base), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """A name and a number."""

    name: str
    """What was counted."""
    n: int
    """How many there are."""
