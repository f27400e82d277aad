"""Each head beside the others of its layer: what the middle one among them does."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def median_of_others(values: Array) -> Array:
    """Median over all heads of a layer but the one at hand, for each of them; NaN where there is no other.

    Computed from one sorting for all heads: without the one of rank r, the order statistics from r on move up by one.

    Args:
        values: [head, …]

    Returns:
        The same shape.
    """
    n_heads = len(values)
    if n_heads < 2:
        return np.full(values.shape, np.nan)
    order = np.argsort(values, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(n_heads).reshape(-1, *[1] * (values.ndim - 1)), axis=0)
    in_order = np.take_along_axis(values, order, axis=0)

    def without_own(place: int) -> Array:
        found: Array = np.where(rank > place, in_order[place], in_order[place + 1])
        return found

    n_others = n_heads - 1
    return (without_own((n_others - 1) // 2) + without_own(n_others // 2)) / 2
