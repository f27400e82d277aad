"""Records of the API (search), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.refs import HeadTypeRef, LanguageModelRef, PaperRef
from api.client.records.vocabulary import Polarity, Unit, Verdict


@dataclass(frozen=True, slots=True)
class HeadClaim:
    """A claim on a head, with what came of the latest re-run."""

    accession: str
    """Permanent accession."""
    head: str
    """The head as `L5H1`, both counted from zero."""
    unit: Unit
    """What the head index counts."""
    polarity: Polarity
    """Whether the source says that the head is, or is not, of the type."""
    head_type: HeadTypeRef | None
    """The head type; null where a role in a circuit is claimed."""
    circuit_role: str | None
    """Role in a circuit; null where a head type is claimed."""
    language_model: LanguageModelRef
    """Whose head."""
    paper: PaperRef
    """Who claims it."""
    url: str
    """Address of the whole record."""
    verdict: Verdict | None
    """Verdict of the latest re-run; null where nobody re-ran the claim."""
    grade: int
    """Evidence grade by the latest re-run; 0 where untested."""


@dataclass(frozen=True, slots=True)
class ClaimedHead:
    """A head of which something is claimed."""

    name: str
    """The head as `L5H1`, both counted from zero."""
    language_model: LanguageModelRef
    """Whose head."""
    unit: Unit
    """What the head index counts."""
    layer: int
    """Layer, from zero."""
    head: int
    """Query head, or key-value group where `unit` says so; from zero."""
    depth: float
    """Layer over the last layer of the language model, in [0, 1]."""
    claims: list[HeadClaim]
    """The claims on it that match, oldest record first."""
