"""How one head's p was adjusted, in three numbers that anybody can check.

Benjamini–Hochberg gives a test of rank i the least p(k)·n/k over all ranks k ≥ i. The record names n, and the k and
p(k) of that least: with them the adjusted p is one multiplication. That k of the n tests had a p of at most p(k) is
taken as stated; the scores of the run hold every p.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Adjustment:
    """What the adjusted p of one head follows from."""

    p: float
    """Before it is adjusted."""
    n_tests: int
    at_rank: int
    at_p: float
    smallest_p: float
    """The least p that the prompts could give."""

    @property
    def p_adjusted(self) -> float:
        """After Benjamini–Hochberg."""
        return min(1.0, self.at_p * self.n_tests / self.at_rank)

    @property
    def p_attainable(self) -> float:
        """The adjusted p that a single perfect head would get."""
        return min(1.0, self.smallest_p * self.n_tests)

    def as_record(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def adjustment_of(p: float, every_p: Sequence[Array], smallest_p: float) -> Adjustment | None:
    """How the p of one head was adjusted for all tests; None where it is no number."""
    if not np.isfinite(p):
        return None
    tests = np.concatenate([each.ravel() for each in every_p])
    ordered = np.sort(tests[np.isfinite(tests)])
    n = len(ordered)
    first = int(np.searchsorted(ordered, p))
    scaled = ordered[first:] * n / np.arange(first + 1, n + 1)
    at = first + int(scaled.argmin())
    return Adjustment(float(p), n, at + 1, float(ordered[at]), smallest_p)
