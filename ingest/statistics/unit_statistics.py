"""From values of prompts, or of items, to what a rule reads: interval, excess over the stronger baseline, p.

The scan computes these numbers for all heads, and a replay computes them again for the heads of stored records: by this
one function.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.statistics.bootstrap import excess, interval, resampling_weights
from ingest.statistics.signed_rank import p_greater

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UnitValues:
    """Values behind each score, [layer, head, unit]; NaN beyond the units that score the head."""

    value: Array
    chance: Array
    null: Array | None
    """What the head gave its null model; None where there was none."""
    n_units: npt.NDArray[np.int64]
    """[layer, head]"""


def unit_statistics(value: Array, chance: Array, null: Array, seed: int) -> dict[str, Array]:
    """Statistics of heads that are scored by the same number of units.

    Args:
        value: [head, unit].
        chance: The same for a head that does nothing of the kind.
        null: The same head on its null model.
        seed: For the resampling of units.

    Returns:
        Under the names of `HeadStatistics`, [head] each.
    """
    weights = resampling_weights(value.shape[-1], seed)
    return interval_statistics(value, chance, null, weights) | {
        "null_score": null.mean(axis=-1),
        "p": p_greater(value - null),
    }


def interval_statistics(value: Array, chance: Array, null: Array, weights: Array) -> dict[str, Array]:
    """The two intervals alone: of the score, and of its excess over the stronger baseline.

    Args:
        value: [head, unit].
        chance: As for `unit_statistics`.
        null: As there.
        weights: Of `resampling_weights`, for as many units.
    """
    resampled = value @ weights  # [head, resample]
    bounds = interval(resampled)
    above = interval(excess(resampled, np.maximum(chance @ weights, null @ weights)))
    return {
        "ci_low": bounds.low,
        "ci_high": bounds.high,
        "excess_low": above.low,
        "excess_high": above.high,
    }
