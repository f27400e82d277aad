"""Word combinations that prompts ask about and training text never shows.

One combination in five is held out, by a hash of its words, so that trainer and prompts need no common file. A task
says which of its words make a combination: names of a pair, a noun with a year, a fact with its template. A language
model that was trained on a task's sentences can answer its prompts only by what it does with words, not by rote.
"""

import random
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from ingest.errors import NoTargetError

_ONE_IN = 5
_MOST_DRAWS = 10_000

Drawn = TypeVar("Drawn")


def is_held_out(*words: str) -> bool:
    """Whether this combination belongs to the prompts; the order of the words counts."""
    return zlib.crc32("\0".join(words).encode()) % _ONE_IN == 0


def draw_until(draw: Callable[[], Drawn], wanted: Callable[[Drawn], bool]) -> Drawn:
    """The first draw that is wanted.

    Raises:
        NoTargetError: There seems to be none.
    """
    for _ in range(_MOST_DRAWS):
        drawn = draw()
        if wanted(drawn):
            return drawn
    raise NoTargetError(
        "Too few words of this task are single tokens of this language model for combinations that were held out."
    )


def draw_pair(generator: random.Random, words: Sequence[str], *, held_out: bool) -> tuple[str, str]:
    """Two different words whose pair, in either order, is held out or is not."""

    def draw() -> tuple[str, str]:
        first, second = generator.sample(words, 2)
        return first, second

    return draw_until(draw, lambda pair: is_held_out(*sorted(pair)) is held_out)
