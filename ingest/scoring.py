"""From the masses of one detector to its scores: mean, chance, interval, null model and p for every head."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.measure import Measurement
from ingest.statistics.selection import EVEN, ODD, best_reading
from ingest.statistics.signed_rank import smallest_p
from ingest.statistics.unit_statistics import UnitValues, unit_statistics

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
    """Mean over the heads."""
    reading: list[list[str]] | None
    """Which reading each head was scored by, where the detector offers several."""
    n_prompts: int
    """Prompts behind each score."""
    n_counted: int
    """Queries behind each score."""
    statistics: HeadStatistics | None
    head_chance: Array | None = None
    """[layer, head], where heads differ in it: by what their layer lets them see, or by their reading."""
    units: UnitValues | None = None
    """Values behind the scores, prompt by prompt or item by item."""


@dataclass(frozen=True)
class _Units:
    """Values of some heads for the units that score them: prompts, or items of a word list."""

    value: Array  # [head, unit]
    chance: Array  # [head, unit]
    null: Array | None  # [head, unit]
    n_counted: int


def score_heads(
    measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None, seed: int
) -> DetectorScores:
    """Scores of one detector.

    Args:
        measured: Masses of each reading; one reading for most detectors. Readings may differ in their units.
        null: Masses of the null model of each reading; None leaves statistics out.
        seed: For the resampling of units.
    """
    names = list(measured)
    if len(names) == 1:
        reading, units = None, {0: slice(None)}
    else:
        reading, units = _selected(list(measured.values())), dict.fromkeys(range(len(names)), ODD)
    shape = tuple(next(iter(measured.values())).mass.shape[:2])
    chosen = np.zeros(shape, dtype=np.int64) if reading is None else reading
    scored = {}
    for index, of_units in units.items():
        is_chosen = chosen == index
        if is_chosen.any():
            missing = None if null is None else null[names[index]]
            scored[index] = (is_chosen, _units(measured[names[index]], missing, is_chosen, of_units))
    score, chance = np.full(shape, np.nan), np.full(shape, np.nan)
    for is_chosen, of_chosen in scored.values():
        score[is_chosen] = of_chosen.value.mean(axis=-1)
        chance[is_chosen] = of_chosen.chance.mean(axis=-1)
    known = chance[np.isfinite(score)] if np.isfinite(score).any() else chance[np.isfinite(chance)]
    used = [of_chosen for _, of_chosen in scored.values()]
    return DetectorScores(
        score,
        float(known.mean()) if len(known) else float("nan"),
        None if reading is None else [[names[index] for index in row] for row in reading],
        min(each.value.shape[-1] for each in used),
        min(each.n_counted for each in used),
        None if null is None else _statistics(list(scored.values()), shape, seed),
        head_chance=chance if len(known) and np.ptp(known) > 0 else None,
        units=_values(list(scored.values()), shape),
    )


def _selected(measured: list[Measurement]) -> npt.NDArray[np.int64]:
    above = []
    for each in measured:
        used = each.n_counted.numpy()[EVEN] > 0
        excess_over_chance = _numbers(each) - _chance(each)
        above.append(excess_over_chance[..., EVEN][..., used].mean(axis=-1))
    return best_reading(np.stack(above))


def _units(measured: Measurement, null: Measurement | None, is_chosen: npt.NDArray[np.bool_], units: slice) -> _Units:
    counts = measured.n_counted.numpy()[units]
    used = counts > 0  # a prompt without a counted query says nothing
    return _Units(
        value=_numbers(measured)[is_chosen][:, units][:, used],
        chance=_chance(measured)[is_chosen][:, units][:, used],
        null=None if null is None else _numbers(null)[is_chosen][:, units][:, used],
        n_counted=int(counts.sum()),
    )


def _numbers(measurement: Measurement) -> Array:
    found: Array = measurement.mass.double().numpy()
    return found


def _chance(measurement: Measurement) -> Array:
    """Chance of each head, [layer, head, unit]."""
    by_layer = measurement.chance.double().numpy()
    spread = by_layer if by_layer.ndim == 1 else by_layer[:, None, :]
    return np.broadcast_to(spread, tuple(measurement.mass.shape))


def _values(scored: list[tuple[npt.NDArray[np.bool_], _Units]], shape: tuple[int, ...]) -> UnitValues:
    longest = max(units.value.shape[-1] for _, units in scored)
    value, chance, null = (np.full((*shape, longest), np.nan) for _ in range(3))
    n_units = np.zeros(shape, dtype=np.int64)
    for is_chosen, units in scored:
        n_units[is_chosen] = n = units.value.shape[-1]
        value[is_chosen, :n], chance[is_chosen, :n] = units.value, units.chance
        if units.null is not None:
            null[is_chosen, :n] = units.null
    has_null = all(units.null is not None for _, units in scored)
    return UnitValues(value, chance, null if has_null else None, n_units)


def _statistics(
    scored: list[tuple[npt.NDArray[np.bool_], _Units]], shape: tuple[int, ...], seed: int
) -> HeadStatistics:
    names = ("ci_low", "ci_high", "excess_low", "excess_high", "null_score", "p")
    grids = {name: np.full(shape, np.nan) for name in names}
    for is_chosen, units in scored:
        assert units.null is not None, "asked for with a null model"
        for name, values in unit_statistics(units.value, units.chance, units.null, seed).items():
            grids[name][is_chosen] = values
    # The coarsest of the readings used: where it cannot reach significance, the run may say too little.
    return HeadStatistics(**grids, smallest_p=max(smallest_p(units.value.shape[-1]) for _, units in scored))
