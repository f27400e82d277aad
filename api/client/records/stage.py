"""Records of the API (stage), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.refs import HeadTypeRef, PaperRef, StageRef
from api.client.records.vocabulary import Confidence


@dataclass(frozen=True, slots=True)
class StageAssignment:
    """A source puts a head type into a stage. Sources disagree, and all rows stand."""

    head_type: HeadTypeRef
    """The head type."""
    stage: StageRef
    """The stage."""
    stage_function: str | None
    """Slug of the function within the stage; null where none is named."""
    asserted_by: str
    """`paper`, or `curator` where no paper makes the assignment."""
    paper: PaperRef | None
    """Who makes the assignment; null for curators."""
    basis: str
    """Figure, table or sentence of the source."""
    confidence: Confidence
    """How sure the assignment is."""
