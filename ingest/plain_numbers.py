"""Numbers as records hold them: JSON knows no NaN."""

from typing import Any

import numpy as np
import numpy.typing as npt

Grid = list[list[float | None]]


def number(value: Any) -> float | None:
    """A plain float; None for what is no number."""
    plain = float(value)
    return plain if np.isfinite(plain) else None


def grid(values: npt.NDArray[np.float64]) -> Grid:
    """[layer][head], with None where there is no number."""
    return [[number(value) for value in row] for row in values]
