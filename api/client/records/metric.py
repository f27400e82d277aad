"""Records of the API (metric), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.refs import PaperRef
from api.client.records.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition, in one version, of a number about a head."""

    slug: str
    """Permanent name of the metric."""
    version: int
    """Version of the definition."""
    name: str
    """Name for people."""
    definition: str
    """What is measured, and over what it is averaged."""
    unit: str
    """Unit of the number."""
    range_low: float | None
    """Smallest possible value; null where there is none."""
    range_high: float | None
    """Largest possible value; null where there is none."""
    direction: Direction
    """Which end speaks for the head type."""
    chance: str | None
    """What a head that does nothing of the kind would score; null if unknown."""
    formula: str | None
    """Formula; null where none was written down."""
    tolerance: float | None
    """Largest difference at which two runs agree; null where not set."""
    paper: PaperRef | None
    """Who defines it; null where we do."""
    code: str | None
    """Where the number is computed; null where unknown."""
    url: str
    """Address of this version."""
