"""How far competing definitions of one head type agree on its heads: Spearman's rank correlation over all heads."""

from itertools import combinations_with_replacement

import numpy as np
from scipy.stats import spearmanr

from catalog.notation import HeadRef
from ingest.report.markup import Content, Markup, element, joined, table
from ingest.scan_result import Array, DetectorResult

# Enough to see whether two definitions name the same heads.
N_TOP = 10


def agreement(each: DetectorResult, n_heads: int) -> Markup | None:
    """The table of a detector; None where it has one definition, or no other that could be computed."""
    scores = {
        other.detector.metric: other.scores.score
        for other in (each, *each.definitions.values())
        if other.scores is not None
    }
    missing = {
        metric: other.absent_reason or "not finite" for metric, other in each.definitions.items() if not other.scores
    }
    if len(scores) < 2:
        return None
    names = list(scores)
    rho = {pair: correlation(scores[pair[0]], scores[pair[1]]) for pair in combinations_with_replacement(names, 2)}
    rows: list[list[Content]] = [
        [
            joined(element("b", str(place + 1)), " ", name),
            *(_cell(rho[names[min(place, column)], names[max(place, column)]]) for column in range(len(names))),
            _top(scores[name], n_heads),
        ]
        for place, name in enumerate(names)
    ]
    heads = ["definition", *(str(place + 1) for place in range(len(names))), f"its {N_TOP} strongest heads"]
    return element(
        "section",
        element("h3", "Agreement between definitions"),
        element("p", "Spearman's rank correlation of the scores of all heads; 1 means the same order."),
        table(f"Definitions of {each.detector.name}", heads, rows, class_="numbers"),
        [element("p", element("code", metric), f" was not computed: {reason}") for metric, reason in missing.items()],
    )


def correlation(one: Array, other: Array) -> float | None:
    """Rank correlation over heads that both definitions score; None where either gives all of them the same."""
    both = np.isfinite(one) & np.isfinite(other)
    first, second = one[both], other[both]
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(spearmanr(first, second).statistic)


def _cell(rho: float | None) -> str:
    return "–" if rho is None else f"{rho:.2f}"


def _top(scores: Array, n_heads: int) -> str:
    flat = scores.ravel()
    order = [int(index) for index in np.argsort(-np.nan_to_num(flat, nan=-np.inf), kind="stable")[:N_TOP]]
    return " ".join(str(HeadRef(*divmod(index, n_heads))) for index in order if np.isfinite(flat[index]))
