"""Choosing a reading on one half of the units and scoring it on the other, so that the choice lifts no score."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

EVEN, ODD = slice(0, None, 2), slice(1, None, 2)
"""Units (prompts, items) that select a reading, and those that score it."""


def best_reading(above: Array) -> npt.NDArray[np.int64]:
    """Index of the reading with the highest excess over chance on the even units, for each head.

    Args:
        above: [reading, layer, head]; a reading that is NaN for a head is not chosen, and where all are, the first is.
    """
    return np.where(np.isnan(above), -np.inf, above).argmax(axis=0)
