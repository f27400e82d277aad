"""Prompts in pairs: what was measured on the first of two rows, less what was measured on the second."""

from ingest.measure import Measurement


def difference(first: Measurement, second: Measurement) -> Measurement:
    """Masses of prompts 0, 2, 4 … less those of prompts 1, 3, 5 …; one unit for each pair.

    A pair counts when both of its prompts do; the fewer queries stand behind it.

    Args:
        first: Measured where the even prompts have counted queries.
        second: Measured where the odd ones have.
    """
    return Measurement(
        first.mass[..., 0::2] - second.mass[..., 1::2],
        first.n_counted[0::2].minimum(second.n_counted[1::2]),
        first.chance[..., 0::2] - second.chance[..., 1::2],
    )


def negated(measured: Measurement) -> Measurement:
    """The same difference the other way round."""
    return Measurement(-measured.mass, measured.n_counted, -measured.chance)
