"""How well a curve of attention by lag is described by some recall curve of the CMR model.

The distance is that of Ji-An et al. 2024, arXiv:2405.14992: both curves are stretched to run from 0 to the same
height, and the mean squared difference is divided by the variance of the attention curve; the best recall curve counts.
It says nothing of how much attention the curve holds.
"""

import numpy as np
import numpy.typing as npt

from ingest.metrics.recall_curves import recall_curves

Array = npt.NDArray[np.float64]

# Attention in float32 is exact to about 1e-7; a curve that varies by less is flat.
_FLAT = 1e-6
_ROWS_AT_ONCE = 2**14


def recall_distance(curves: Array) -> Array:
    """Distance of each curve to the nearest recall curve; 0 is a perfect fit.

    A flat curve has no variance to describe; its distance is 1, as that of a fit that describes none.

    Args:
        curves: [curve, lag], over the lags of `recall_curves.LAGS`; NaN gives NaN.
    """
    known = _stretched(recall_curves())
    distance = np.empty(len(curves))
    for start in range(0, len(curves), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        distance[rows] = _nearest(curves[rows], known)
    return distance


def _nearest(curves: Array, known: Array) -> Array:
    height = np.ptp(curves, axis=1)
    is_flat = height < _FLAT
    shape = _stretched(np.where(is_flat[:, None], known[:1], curves))
    # |a − k|² = |a|² + |k|² − 2 a·k, for all pairs in one product.
    squares = (shape**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * shape @ known.T
    error = squares.min(axis=1).clip(min=0) / curves.shape[1]
    return np.where(is_flat, 1.0, error / shape.var(axis=1))


def _stretched(curves: Array) -> Array:
    low = curves.min(axis=1, keepdims=True)
    stretched: Array = (curves - low) / np.ptp(curves, axis=1)[:, None]
    return stretched
