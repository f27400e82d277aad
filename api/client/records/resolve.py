"""Records of the API (resolve), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.base import Count
from api.client.records.vocabulary import NamedKind, TextKind


@dataclass(frozen=True, slots=True)
class TextHit:
    """A record whose text holds the words."""

    kind: TextKind
    """What kind of record it is."""
    key: str
    """Its slug or accession."""
    name: str
    """Name for people."""
    rank: float
    """How well it answers, larger is better; comparable within this answer only."""
    url: str
    """Address of the record."""


@dataclass(frozen=True, slots=True)
class TextSearch:
    """Records whose text holds the words, best first."""

    q: str
    """The words that were asked for."""
    hits: list[TextHit]
    """Records, best first, at most `limit`."""
    n_found: list[Count]
    """All records that match, counted by kind."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a name can mean."""

    kind: NamedKind
    """What kind of record it is."""
    key: str
    """Its slug or accession; a head as `L5H1`."""
    name: str
    """Name for people."""
    via: str
    """How the name leads there."""
    url: str
    """Address of the record."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Everything that a name can mean."""

    q: str
    """The name that was asked for."""
    is_ambiguous: bool
    """Whether it can mean several things of one kind, or of several kinds."""
    meanings: list[Meaning]
    """What it can mean, surest kind first; empty where nothing."""
    near: list[str]
    """Names that look like it, where it means nothing."""
