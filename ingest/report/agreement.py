"""The table that says how far competing definitions of one head type agree on its heads."""

import numpy as np

from catalog.notation import HeadRef
from ingest.agreement import agreement_of
from ingest.report.markup import Content, Markup, element, joined, table
from ingest.scan_result import Array, DetectorResult


def agreement(each: DetectorResult, n_heads: int) -> Markup | None:
    """The table of a detector; None where it has one definition, or no other that could be computed."""
    found = agreement_of(each)
    if found is None:
        return None
    scores = {
        other.detector.metric: other.scores.score
        for other in (each, *each.definitions.values())
        if other.scores is not None
    }
    rows: list[list[Content]] = [
        [
            joined(element("b", str(place + 1)), " ", metric),
            *("–" if np.isnan(rho) else f"{rho:.2f}" for rho in found.spearman[place]),
            _best(scores[metric], found.n_best, n_heads),
        ]
        for place, metric in enumerate(found.metrics)
    ]
    numbers = [str(place + 1) for place in range(len(found.metrics))]
    missing = {metric: other.absent_reason for metric, other in each.definitions.items() if other.scores is None}
    return element(
        "section",
        element("h3", "Agreement between definitions"),
        element("p", "Spearman's rank correlation of the scores of all heads; 1 means the same order."),
        table(
            f"Definitions of {each.detector.name}",
            ["definition", *numbers, f"its {found.n_best} strongest heads"],
            rows,
            class_="numbers",
        ),
        [element("p", element("code", metric), f" was not computed. {reason}") for metric, reason in missing.items()],
    )


def _best(scores: Array, n_best: int, n_heads: int) -> str:
    order = np.argsort(-np.nan_to_num(scores.ravel(), nan=-np.inf), kind="stable")[:n_best]
    return " ".join(str(HeadRef(*divmod(int(index), n_heads))) for index in order)
