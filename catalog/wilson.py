"""Wilson's interval: how sure a share is that was counted on few cases."""

from math import sqrt

# Standard normal quantile of 0.975.
_Z = 1.959963984540054


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share of n cases.

    Unlike the usual normal interval it says something where the share is 0 or 1: no error in 560 cases means at most
    0.7 %, not none.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference, JASA 22:209–212.
    """
    assert n > 0, "a share of nothing has no interval"
    centre = share + _Z**2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # Rounding may leave 1e-17 where the formula gives exactly 0 or 1.
    low = 0.0 if share == 0 else (centre - spread) / scale
    high = 1.0 if share == 1 else (centre + spread) / scale
    return low, high
