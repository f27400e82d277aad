"""Whether definitions of one head type rank the heads of a language model alike.

Two scores of one type may both be right about what they measure and name different heads. The table says how far:
Spearman's rank correlation over all heads, and the share of common heads among the best of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from ingest.plain_numbers import number
from ingest.scan_result import Array, DetectorResult

N_BEST = 10
"""Heads compared at the top, or all of them where a language model has no more."""

_FEWEST_HEADS = 3


@dataclass(frozen=True)
class RankAgreement:
    """Pairwise agreement between scores; NaN where a pair cannot be compared."""

    metrics: tuple[str, ...]
    """Slugs of the metrics, the primary one first; the axes of the matrices."""
    spearman: Array
    """Rank correlation over the heads that both scores have, in [-1, 1]; NaN where one ranks them all alike."""
    overlap: Array
    """Heads that are among the best of both, over heads that are among the best of one: in [0, 1]."""
    n_best: int

    def as_json(self) -> dict[str, Any]:
        """As `headcat scan --json` prints it; what cannot be compared is null."""
        return {
            "metrics": list(self.metrics),
            "spearman": [[number(value) for value in row] for row in self.spearman],
            "overlap": [[number(value) for value in row] for row in self.overlap],
            "n_best": self.n_best,
        }


def agreement_of(result: DetectorResult) -> RankAgreement | None:
    """Agreement between a detector's score and its competing definitions; None where there is nothing to compare."""
    results = {result.detector.metric: result, **result.definitions}
    scores = {metric: each.scores.score for metric, each in results.items() if each.scores is not None}
    return rank_agreement(scores) if len(scores) > 1 else None


def rank_agreement(scores: Mapping[str, Array]) -> RankAgreement:
    """Agreement between scores of the same heads.

    Args:
        scores: [layer, head] by metric; NaN where a head has no score.
    """
    heads = [score.reshape(-1) for score in scores.values()]
    n_best = min([N_BEST, *(int(np.isfinite(score).sum()) for score in heads)])
    return RankAgreement(
        metrics=tuple(scores),
        spearman=np.array([[_spearman(left, right) for right in heads] for left in heads]),
        overlap=np.array([[_overlap(left, right, n_best) for right in heads] for left in heads]),
        n_best=n_best,
    )


def _spearman(left: Array, right: Array) -> float:
    both = np.isfinite(left) & np.isfinite(right)
    ranks = [stats.rankdata(score[both]) for score in (left, right)]
    # A constant score ranks nothing, and two heads can only agree or not.
    if both.sum() < _FEWEST_HEADS or any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def _overlap(left: Array, right: Array, n_best: int) -> float:
    if n_best == 0:
        return float("nan")
    best = [set(_best(score, n_best).tolist()) for score in (left, right)]
    return len(best[0] & best[1]) / len(best[0] | best[1])


def _best(score: Array, n_best: int) -> npt.NDArray[np.intp]:
    """The best heads; of equal ones the first, so that a score agrees with itself."""
    return np.argsort(-np.where(np.isfinite(score), score, -np.inf), kind="stable")[:n_best]
