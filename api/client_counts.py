"""How often each client asked within its window: a table of fixed size in memory that all processes share."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from mmap import mmap

MAX_CLIENTS = 1 << 17
"""Clients that are remembered; beyond it those whose window began first are forgotten, so that memory is bounded."""

_PLACES = 8
"""Places among which a client is looked for; it takes the place of the one that asked first where all are taken."""

_N_BYTES = 8


class ClientCounts:
    """Counts requests by client.

    Args:
        window_s: Length of a window, in seconds.
        is_shared: Whether other processes count in the same table.
    """

    def __init__(self, window_s: int, *, is_shared: bool) -> None:
        self.window_s = window_s
        # Nobody outside can choose clients that share places.
        self._salt = os.urandom(16)
        # Without a file, and shared with the processes that this one is copied to. A name of 0 is a free place.
        self._names, self._counts = (memoryview(mmap(-1, MAX_CLIENTS * _N_BYTES)).cast("Q") for _ in range(2))
        self._starts = memoryview(mmap(-1, MAX_CLIENTS * _N_BYTES)).cast("d")
        self._lock = tempfile.TemporaryFile() if is_shared else None  # noqa: SIM115 - open as long as this is

    def count(self, client: str, now: float) -> tuple[int, float]:
        """Requests of a client in its window, one more included, and when the window began."""
        name = int.from_bytes(blake2b(client.encode(), digest_size=_N_BYTES, salt=self._salt).digest()) or 1
        with self._alone():
            place = self._place(name, now)
            if self._names[place] != name or now - self._starts[place] >= self.window_s:
                self._names[place], self._starts[place], self._counts[place] = name, now, 0
            self._counts[place] += 1
            return self._counts[place], self._starts[place]

    def _place(self, name: int, now: float) -> int:
        first = name % (MAX_CLIENTS // _PLACES) * _PLACES
        places = range(first, first + _PLACES)
        for place in places:
            if self._names[place] == name:
                return place
        for place in places:
            if not self._names[place] or now - self._starts[place] >= self.window_s:
                return place
        return min(places, key=self._starts.__getitem__)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock is None:
            yield
            return
        from fcntl import LOCK_EX, LOCK_UN, lockf  # noqa: PLC0415 - where one process answers it may be missing

        # A lock of this kind belongs to the process and ends with it, however it ends.
        lockf(self._lock, LOCK_EX)
        try:
            yield
        finally:
            lockf(self._lock, LOCK_UN)
