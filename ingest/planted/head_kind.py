"""What one planted head is: what its query asks of the keys, what it writes, and which head types it shows."""

from collections.abc import Callable
from dataclasses import dataclass

from ingest.planted.position_code import PositionCode


@dataclass(frozen=True)
class Query:
    """What a head's query asks of the keys, in nats of attention logit."""

    match: float = 0.0
    """For a key whose code is that of the query's token (layer 0: its own code; later: that of the token before it)."""
    reads: str = "token"
    """Block of the query's position whose code is matched."""
    is_misdirected: bool = False
    """Match the code of a fixed wrong token instead."""
    offset: int = 0
    pull: float = 0.0
    """For the key at `offset`, with the sharp weights; negative repels."""
    local_pull: float = 0.0
    """Factor of the broad weights."""
    recent_pull: float = 0.0
    """Factor of the weights that fall with the distance."""
    asks: tuple[tuple[str, float], ...] = ()
    """Marks, each with what a key gets that has it; keys must hold marks. `before:` names marks of the key before."""
    rest: float = 0.0
    """For BOS."""
    rest_after_word: float = 0.0
    """For BOS, in addition, where the token before the query is part of a word."""
    random: float = 0.0
    """Standard deviation of a random query's logits."""


@dataclass(frozen=True)
class HeadKind:
    """One kind of head."""

    name: str
    description: str
    head_type: str | None
    """Slug of the head type that it is planted as; None for a decoy."""
    query: Callable[[PositionCode, float], Query]
    """Position code and sharpness → query."""
    writes: str | None = "scratch"
    """Block to which it copies the code that it finds; None writes nothing."""
    keys: str | None = None
    """Block that keys hold, where it is not the usual one of the layer; heads of one layer share it."""
    gain: float = 1.0
    """Factor of what it writes; negative lowers what it finds."""
    writes_successor: bool = False
    """Write the code of the token after the found one in the alphabet or among the digits, not the token's own."""
    shows: frozenset[str] = frozenset()
    """Further head types whose attention pattern it has, so that a detector of patterns finds it, and rightly."""
    offset: int | None = None
