"""Answers that were written for a state of the catalog and an address, kept while both are asked for again.

The tag of an answer names the state that it was made from (see `freshness`), so that a kept one cannot be stale: after
any change of the catalog every address has another tag. The oldest go when the room is used up.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

MOST_BYTES = 32 * 1024 * 1024
"""Room for kept answers, in bytes of their bodies: some 300 pages of fifty findings."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A written answer."""

    body: bytes
    headers: dict[str, str]


class KeptAnswers:
    """The answers asked for last, by tag."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._n_bytes = 0
        self._answers: OrderedDict[str, KeptAnswer] = OrderedDict()
        self._lock = Lock()

    def find(self, tag: str) -> KeptAnswer | None:
        """The answer of a tag, where it is kept."""
        with self._lock:
            found = self._answers.get(tag)
            if found is not None:
                self._answers.move_to_end(tag)
            return found

    def keep(self, tag: str, answer: KeptAnswer) -> None:
        """Keep an answer, and let go of the oldest where the room is used up."""
        with self._lock:
            if tag in self._answers:
                return
            self._answers[tag] = answer
            self._n_bytes += len(answer.body)
            while self._n_bytes > self._most_bytes:
                _, oldest = self._answers.popitem(last=False)
                self._n_bytes -= len(oldest.body)
