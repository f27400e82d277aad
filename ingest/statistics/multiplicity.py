"""Many heads, many tests: p-values adjusted so that a tenth head found by luck does not count as a finding."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def benjamini_hochberg(p: Array) -> Array:
    """Adjusted p-values; those below q form a set in which at most a share q is expected to be false.

    Holds for independent and for positively dependent tests (Benjamini & Yekutieli 2001), which heads measured on the
    same prompts plausibly are. NaN stays NaN and counts as no test.
    """
    flat = p.ravel()
    is_test = ~np.isnan(flat)
    n = int(is_test.sum())
    adjusted = np.full(flat.shape, np.nan)
    if n:
        order = np.argsort(flat[is_test])
        scaled = flat[is_test][order] * n / np.arange(1, n + 1)
        monotone = np.minimum.accumulate(scaled[::-1])[::-1]
        found = np.empty(n)
        found[order] = np.minimum(monotone, 1.0)
        adjusted[is_test] = found
    return adjusted.reshape(p.shape)
