"""What a check is: a rule in one sentence, and a function that returns the rows that break it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

Finder = Callable[[Session], list[str]]


@dataclass(frozen=True)
class Rule:
    """One rule about the data that no constraint can say."""

    find: Finder
    is_information: bool = False
    """Rows are worth knowing but break nothing."""

    @property
    def sentence(self) -> str:
        """First line of the function's docstring."""
        assert self.find.__doc__, "a check states its rule"
        return self.find.__doc__.splitlines()[0]
