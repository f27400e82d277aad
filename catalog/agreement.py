"""How far two scores of the same heads agree: correlation, overlap of the best. Pure, on plain lists."""

from collections.abc import Sequence
from math import fsum, sqrt


def pearson(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Correlation in [-1, 1]; None where one of the two is the same throughout, or nothing is there."""
    n = len(first)
    if n < 2:
        return None
    means = fsum(first) / n, fsum(second) / n
    products = fsum((a - means[0]) * (b - means[1]) for a, b in zip(first, second, strict=True))
    squares = [fsum((value - mean) ** 2 for value in each) for each, mean in zip((first, second), means, strict=True)]
    if not all(squares):
        return None
    return max(-1.0, min(1.0, products / sqrt(squares[0] * squares[1])))


def overlap_of_top(first: Sequence[float], second: Sequence[float], n_top: int) -> float:
    """Of the `n_top` best by the first score, the share that is among the `n_top` best by the second.

    Equal scores at the edge are taken in the order of the heads, the same in both.
    """
    best = [sorted(range(len(each)), key=lambda i: (-each[i], i))[:n_top] for each in (first, second)]
    return len(set(best[0]) & set(best[1])) / n_top


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a head of the type scores above another, equal scores counting half; None where a set is empty."""
    if not positive or not negative:
        return None
    ordered = sorted([(value, True) for value in positive] + [(value, False) for value in negative])
    wins, below, place = 0.0, 0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        n_positive = sum(is_positive for _, is_positive in ordered[place:end])
        n_negative = end - place - n_positive
        wins += n_positive * (below + n_negative / 2)
        below += n_negative
        place = end
    return wins / (len(positive) * len(negative))
