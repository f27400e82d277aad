"""Counts of what the server answered, in the text format that Prometheus reads.

Several processes may answer. Each has a row of its own in memory that all share, writes only there, and needs no lock;
who asks any of them gets the sums. Written out here because the format is a dozen lines and its library a tenth of the
server's start.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from importlib.metadata import version
from mmap import mmap

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the classes of duration; the bounds of the API, 20 and 50 ms, lie within or on them."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other")

_STATUSES = (*(each.value for each in HTTPStatus), 0)
"""Known statuses; 0 stands for all others."""

_N_BYTES = 8


class Metrics:
    """Counts since the start; each process writes and reads them on its event loop.

    Args:
        addresses: Kinds of address, without repetition; what is counted is one of these.
        n_processes: How many processes answer.
    """

    def __init__(self, addresses: Iterable[str], n_processes: int = 1) -> None:
        self.addresses = {address: place for place, address in enumerate(addresses)}
        self._methods = {method: place for place, method in enumerate(METHODS)}
        self._statuses = {status: place for place, status in enumerate(_STATUSES)}
        self._started_at = time.time()
        # In a row: requests in progress; answers by method, address and status; durations by address.
        self._durations_at = 1 + len(METHODS) * len(self.addresses) * len(_STATUSES)
        self._per_address = len(BUCKETS_S) + 2
        self._row_length = self._durations_at + len(self.addresses) * self._per_address
        self._n_processes = n_processes
        # Without a file, and shared with the processes that this one is copied to.
        self._cells = memoryview(mmap(-1, self._row_length * n_processes * _N_BYTES)).cast("d")
        self._row = 0

    def write_as(self, process: int) -> None:
        """Write the row of a process from now on; a process that took another's place has no requests in progress."""
        self._row = process * self._row_length
        self._cells[self._row] = 0.0

    def begin(self) -> None:
        """Count a request that is being answered."""
        self._cells[self._row] += 1

    def end(self, method: str, address: str, status: int, seconds: float) -> None:
        """Count its answer."""
        cells, row = self._cells, self._row
        cells[row] -= 1
        cells[row + self._answer(method, address, status)] += 1
        at = row + self._duration(address)
        for place, end in enumerate(BUCKETS_S):
            if seconds <= end:
                cells[at + place] += 1
        cells[at + len(BUCKETS_S)] += 1
        cells[at + len(BUCKETS_S) + 1] += seconds

    def _answer(self, method: str, address: str, status: int) -> int:
        kind = self._methods[method] * len(self.addresses) + self.addresses[address]
        return 1 + kind * len(_STATUSES) + self._statuses.get(status, len(_STATUSES) - 1)

    def _duration(self, address: str) -> int:
        return self._durations_at + self.addresses[address] * self._per_address

    def text(self) -> str:
        """All counts of all processes, in the text format of Prometheus."""
        lines = [
            *_head("headcat_info", "gauge", "Version of headcat."),
            f'headcat_info{{version="{version("headcat")}"}} 1',
            *_head("headcat_start_time_seconds", "gauge", "When the server started, seconds since 1970."),
            f"headcat_start_time_seconds {self._started_at:.3f}",
            *_head("headcat_requests_in_progress", "gauge", "Requests being answered."),
            f"headcat_requests_in_progress {self._sum(0):.0f}",
            *_head("headcat_requests_total", "counter", "Answers by method, kind of address and status."),
            *self._answers(),
            *_head("headcat_request_duration_seconds", "histogram", "Time from a request to the end of its answer."),
        ]
        for address in sorted(self.addresses):
            lines += self._durations(address)
        return "\n".join([*lines, ""])

    def _sum(self, place: int) -> float:
        return sum(self._cells[place :: self._row_length])

    def _answers(self) -> Iterator[str]:
        for method in sorted(METHODS):
            for address in sorted(self.addresses):
                for status in _STATUSES:
                    n = self._sum(self._answer(method, address, status))
                    if n:
                        labels = f'method="{method}",address="{address}",status="{status}"'
                        yield f"headcat_requests_total{{{labels}}} {n:.0f}"

    def _durations(self, address: str) -> Sequence[str]:
        name, at = "headcat_request_duration_seconds", self._duration(address)
        n = self._sum(at + len(BUCKETS_S))
        if not n:
            return []
        counted = [*((str(end), self._sum(at + place)) for place, end in enumerate(BUCKETS_S)), ("+Inf", n)]
        return [
            *(f'{name}_bucket{{address="{address}",le="{end}"}} {number:.0f}' for end, number in counted),
            f'{name}_sum{{address="{address}"}} {self._sum(at + len(BUCKETS_S) + 1):.6f}',
            f'{name}_count{{address="{address}"}} {n:.0f}',
        ]


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
