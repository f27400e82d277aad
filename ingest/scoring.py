"""From the masses of one detector to its scores: mean, chance, interval, null model and p for every head."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.measure import Measurement
from ingest.statistics.bootstrap import excess, interval, resampling_weights
from ingest.statistics.selection import select_and_hold_out
from ingest.statistics.signed_rank import p_greater, smallest_p

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HeadStatistics:
    """How sure the scores are, [layer, head] each."""

    ci_low: Array
    ci_high: Array
    excess_low: Array
    """Interval of the excess over the stronger baseline: uniform attention, or the head's own null model."""
    excess_high: Array
    null_score: Array
    """Mean mass on the keys of the null model."""
    p: Array
    smallest_p: float
    """The least p that this many prompts can give."""


@dataclass(frozen=True)
class DetectorScores:
    """Scores of one detector for every head; NaN where the masses are no numbers."""

    score: Array  # [layer, head]
    chance: float
    reading: list[list[str]] | None
    """Which reading each head was scored by, where the detector offers several."""
    n_prompts: int
    """Prompts behind each score."""
    n_counted: int
    """Queries behind each score."""
    statistics: HeadStatistics | None


@dataclass(frozen=True)
class _Masses:
    mass: Array  # [layer, head, prompt]
    chance: Array  # [prompt], or [layer, head, prompt]
    null: Array | None
    n_counted: int
    reading: list[list[str]] | None


def score_heads(
    measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None, seed: int
) -> DetectorScores:
    """Scores of one detector.

    Args:
        measured: Masses of each reading; one reading for most detectors.
        null: Masses of the null model of each reading; None leaves statistics out.
        seed: For the resampling of prompts.
    """
    masses = _single(measured, null) if len(measured) == 1 else _held_out(measured, null)
    score = masses.mass.mean(axis=-1)
    chance = float(masses.chance.mean())
    statistics = None if masses.null is None else _statistics(masses, seed)
    return DetectorScores(score, chance, masses.reading, masses.mass.shape[-1], masses.n_counted, statistics)


def _single(measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None) -> _Masses:
    (name, found), *_ = measured.items()
    counts = found.n_counted.numpy()
    used = counts > 0  # a prompt without a counted query says nothing
    return _Masses(
        mass=_numbers(found)[..., used],
        chance=found.chance.double().numpy()[used],
        null=None if null is None else _numbers(null[name])[..., used],
        n_counted=int(counts.sum()),
        reading=None,
    )


def _held_out(measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None) -> _Masses:
    names = list(measured)
    selected = select_and_hold_out(
        np.stack([_numbers(measured[name]) for name in names]),
        np.stack([measured[name].chance.double().numpy() for name in names]),
        None if null is None else np.stack([_numbers(null[name]) for name in names]),
    )
    return _Masses(
        mass=selected.mass,
        chance=selected.chance,
        null=selected.null,
        n_counted=int(measured[names[0]].n_counted[1::2].sum()),
        reading=[[names[index] for index in row] for row in selected.reading],
    )


def _numbers(measurement: Measurement) -> Array:
    found: Array = measurement.mass.double().numpy()
    return found


def _statistics(masses: _Masses, seed: int) -> HeadStatistics:
    assert masses.null is not None, "asked for with a null model"
    n_prompts = masses.mass.shape[-1]
    weights = resampling_weights(n_prompts, seed)
    resampled = masses.mass @ weights  # [layer, head, resample]
    bounds = interval(resampled)
    baseline = np.maximum(masses.chance @ weights, masses.null @ weights)
    above = interval(excess(resampled, baseline))
    return HeadStatistics(
        ci_low=bounds.low,
        ci_high=bounds.high,
        excess_low=above.low,
        excess_high=above.high,
        null_score=masses.null.mean(axis=-1),
        p=p_greater(masses.mass - masses.null),
        smallest_p=smallest_p(n_prompts),
    )
