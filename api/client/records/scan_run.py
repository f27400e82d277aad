"""Records of the API (scan_run), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ScanRunRef:
    """A run, named by another record."""

    id: int
    """Number of the run."""
    started_at: datetime
    """Begin, UTC."""
    device: str
    """Device on which it ran."""
    dtype: str
    """Data type of the weights."""
    url: str
    """Address of the whole record."""
