"""What a head gives to one kind of key or query more than to another, prompt by prompt."""

from ingest.measure import Measurement


def contrast(wanted: Measurement, other: Measurement) -> Measurement:
    """The one mass less the other, in [-1, 1]; a prompt counts when both have counted queries in it.

    A difference is what is judged where a head may give both nearly everything: of two masses near 1 the ratio, or the
    share of what is left over, says nothing.
    """
    return Measurement(
        wanted.mass - other.mass, wanted.n_counted.minimum(other.n_counted), wanted.chance - other.chance
    )
