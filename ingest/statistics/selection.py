"""Choosing a reading on one half of the prompts and scoring it on the other, so that the choice lifts no score."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Selected:
    """For each head the reading that did best on the even prompts, and its masses on the odd ones."""

    reading: npt.NDArray[np.int64]  # [layer, head], index of the reading
    mass: Array  # [layer, head, prompt], odd prompts only
    null: Array | None
    chance: Array  # [layer, head, prompt]


def select_and_hold_out(mass: Array, chance: Array, null: Array | None) -> Selected:
    """Select the reading with the highest excess over chance on prompts 0, 2, 4 …; keep the others.

    Args:
        mass: [reading, layer, head, prompt].
        chance: [reading, prompt].
        null: As mass, or None where no statistics are asked for.
    """
    selecting, scoring = slice(0, None, 2), slice(1, None, 2)
    above = mass[..., selecting].mean(axis=-1) - chance[:, None, None, selecting].mean(axis=-1)
    # A head that is NaN in any reading keeps reading 0 and stays NaN.
    reading = np.where(np.isnan(above), -np.inf, above).argmax(axis=0)
    return Selected(
        reading=reading,
        mass=_pick(mass[..., scoring], reading),
        null=None if null is None else _pick(null[..., scoring], reading),
        chance=chance[reading][..., scoring],
    )


def _pick(values: Array, reading: npt.NDArray[np.int64]) -> Array:
    return np.take_along_axis(values, reading[None, :, :, None], axis=0)[0]
