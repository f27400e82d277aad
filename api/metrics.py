"""Counts of what the server answered, in the text format that Prometheus reads.

Written out here because the format is a dozen lines and its library a tenth of the server's start.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.metadata import version

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the classes of duration; the bounds of the API, 20 and 50 ms, lie within or on them."""


@dataclass
class _Durations:
    classes: list[int] = field(default_factory=lambda: [0] * len(BUCKETS_S))
    n: int = 0
    sum_s: float = 0.0


class Metrics:
    """Counts since the start; written and read by the event loop alone, so that nothing is locked."""

    def __init__(self) -> None:
        self.in_progress = 0
        self._started_at = time.time()
        self._answers: dict[tuple[str, str, int], int] = defaultdict(int)
        self._durations: dict[str, _Durations] = defaultdict(_Durations)

    def observe(self, method: str, address: str, status: int, seconds: float) -> None:
        """Count one answer; an address is a kind of address, so that the number of series is bounded."""
        self._answers[method, address, status] += 1
        durations = self._durations[address]
        durations.n += 1
        durations.sum_s += seconds
        for index, end in enumerate(BUCKETS_S):
            if seconds <= end:
                durations.classes[index] += 1

    def text(self) -> str:
        """All counts, in the text format of Prometheus."""
        lines = [
            *_head("headcat_info", "gauge", "Version of headcat."),
            f'headcat_info{{version="{version("headcat")}"}} 1',
            *_head("headcat_start_time_seconds", "gauge", "When the server started, seconds since 1970."),
            f"headcat_start_time_seconds {self._started_at:.3f}",
            *_head("headcat_requests_in_progress", "gauge", "Requests being answered."),
            f"headcat_requests_in_progress {self.in_progress}",
            *_head("headcat_requests_total", "counter", "Answers by method, kind of address and status."),
        ]
        for (method, address, status), n in sorted(self._answers.items()):
            lines.append(f'headcat_requests_total{{method="{method}",address="{address}",status="{status}"}} {n}')
        name = "headcat_request_duration_seconds"
        lines += _head(name, "histogram", "Time from a request to the end of its answer.")
        for address, durations in sorted(self._durations.items()):
            for end, n in zip((*BUCKETS_S, "+Inf"), (*durations.classes, durations.n), strict=True):
                lines.append(f'{name}_bucket{{address="{address}",le="{end}"}} {n}')
            lines.append(f'{name}_sum{{address="{address}"}} {durations.sum_s:.6f}')
            lines.append(f'{name}_count{{address="{address}"}} {durations.n}')
        return "\n".join([*lines, ""])


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
