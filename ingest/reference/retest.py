"""Several scans of one language model as one: what every one of them found, and what none did.

A head that one scan finds and another does not lies near a line, and a claim on it holds or fails by the draw of the
prompts. Claims are made of what all scans agree on: a head is found where each scan finds it, a type is missing where
no scan finds a head of it, and of a type on which they disagree nothing is claimed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Grid = list[list[float | None]]


def agreed(scans: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The objects of `headcat scan --json` as one of the same shape, with the mean of the scores.

    Raises:
        ValueError: They are scans of several language models, or by several sets of detectors.
    """
    first = scans[0]
    if len(scans) == 1:
        return dict(first)
    if len({scan["language_model"]["revision"] for scan in scans}) > 1:
        raise ValueError("the scans are of several language models")
    by_name = [{detector["name"]: detector for detector in scan["detectors"]} for scan in scans]
    if any(names.keys() != by_name[0].keys() for names in by_name):
        raise ValueError("the scans have other detectors")
    detectors = [_agreed_detector([names[name] for names in by_name]) for name in by_name[0]]
    return {**first, "detectors": detectors}


def seeds_of(scans: Sequence[Mapping[str, Any]]) -> list[int]:
    """Seeds of their prompts, ascending.

    Raises:
        ValueError: Two scans drew the same prompts, and their agreement would show nothing.
    """
    seeds = sorted(scan["provenance"]["arguments"]["seed"] for scan in scans)
    if len(set(seeds)) < len(seeds):
        raise ValueError("two scans have the same seed")
    return seeds


def _agreed_detector(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    gates = [detector["gate"] for detector in found]
    positive = [set(detector["positive"] or ()) for detector in found]
    in_all, in_any = set.intersection(*positive), set.union(*positive)
    is_disputed = not in_all and bool(in_any)
    grids = [detector["scores"] for detector in found]
    failed = next((gate for gate in gates if gate is not None and not gate["passed"]), gates[0])
    return {
        **found[0],
        "gate": failed,
        "positive": [head for head in found[0]["positive"] or () if head in in_all],
        # Without scores nothing is claimed.
        "scores": None if is_disputed or any(grid is None for grid in grids) else _mean(grids),
    }


def _mean(grids: Sequence[Grid]) -> Grid:
    return [
        [_mean_of([grid[layer][head] for grid in grids]) for head in range(len(grids[0][layer]))]
        for layer in range(len(grids[0]))
    ]


def _mean_of(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
