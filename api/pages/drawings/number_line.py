"""A score on its line: interval, chance, published rule, and all heads of the language model behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10, sqrt

WIDTH = 820
LEFT, RIGHT = 26, 794
BINS = 64
TOP, BASE = 54, 150
"""Highest bar and axis of the drawing."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Heads of the language model with about this score."""

    x: float
    y: float
    width: float
    height: float
    n: int
    holds_score: bool


@dataclass(frozen=True, slots=True)
class NumberLine:
    """The whole drawing; a value that is absent is None, and is not drawn."""

    ticks: list[tuple[float, str]]
    bins: list[Bin]
    score: float | None
    score_x: float | None
    low_x: float | None
    high_x: float | None
    chance_x: float | None
    rule_x: float | None
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    base: int = BASE


def number_line(
    score: float | None,
    *,
    interval: tuple[float, float] | None = None,
    chance: float | None = None,
    rule: float | None = None,
    others: Sequence[float] = (),
    bounds: tuple[float | None, float | None] = (None, None),
) -> NumberLine:
    """Place everything on one axis.

    Args:
        score: The head's own score.
        interval: Its bootstrap interval.
        chance: What uniform attention scores on the same inputs.
        rule: Published threshold.
        others: Scores of all heads of the language model, this one included.
        bounds: Range of the metric, where it has one.
    """
    shown = [value for value in (score, chance, rule, *(interval or ()), *others) if value is not None]
    low, high = _axis(shown, bounds)

    def place(value: float | None) -> float | None:
        return None if value is None else LEFT + (value - low) / (high - low) * (RIGHT - LEFT)

    return NumberLine(
        ticks=[(float(place(value) or 0), _short(value)) for value in _ticks(low, high)],
        bins=_bins(others, score, low, high),
        score=score,
        score_x=place(score),
        low_x=place(interval[0]) if interval else None,
        high_x=place(interval[1]) if interval else None,
        chance_x=place(chance),
        rule_x=place(rule),
    )


def _axis(shown: Sequence[float], bounds: tuple[float | None, float | None]) -> tuple[float, float]:
    """Ends of the axis: the metric's range where it has one, otherwise what is shown with some room."""
    least, most = min(shown, default=0.0), max(shown, default=1.0)
    room = (most - least) * 0.05 or 1.0
    low = min(bounds[0], least) if bounds[0] is not None else min(0.0, least - room if least < 0 else 0.0)
    high = max(bounds[1], most) if bounds[1] is not None else max(0.0, most + room)
    return low, high if high > low else low + 1.0


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers between the ends."""
    raw = (high - low) / 5
    size = 10.0 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    first = -floor(-low / step)
    count = floor((high - first * step) / step + 1e-9) + 1
    return [(first + index) * step for index in range(count)]


def _short(value: float) -> str:
    text = f"{value:.6g}"
    return text.replace("-", "−") if text.startswith("-") else text


def _bins(others: Sequence[float], score: float | None, low: float, high: float) -> list[Bin]:
    """Bars whose height grows with the root of the count, so that a single head beside hundreds still shows."""

    def index(value: float) -> int:
        return min(BINS - 1, max(0, int((value - low) / (high - low) * BINS)))

    counts = [0] * BINS
    for value in others:
        counts[index(value)] += 1
    most = max(counts, default=0)
    width = (RIGHT - LEFT) / BINS
    here = index(score) if score is not None else None
    return [
        Bin(LEFT + i * width, BASE - height, width - 1, height, n, i == here)
        for i, n in enumerate(counts)
        if n and (height := (BASE - TOP) * sqrt(n / most))
    ]
