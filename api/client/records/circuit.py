"""Records of the API (circuit), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.refs import CircuitRef, HeadTypeRef


@dataclass(frozen=True, slots=True)
class CircuitMembership:
    """A head belongs to a variant of a circuit."""

    circuit: CircuitRef
    """The circuit."""
    variant: str
    """Name of the reading."""
    role: str | None
    """Role in it; null where the source gives none."""
    head_type: HeadTypeRef | None
    """Head type that the role stands for; null where there is none."""
