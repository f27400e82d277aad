"""Records of the API (head), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.assessment import Assessment
from api.client.records.circuit import CircuitMembership
from api.client.records.finding import Finding
from api.client.records.head_score import RankedScore
from api.client.records.refs import LanguageModelRef
from api.client.records.verification import Verification


@dataclass(frozen=True, slots=True)
class Head:
    """One head of one language model: every claim, verdict and number about it."""

    name: str
    """The head as `L5H1`."""
    layer: int
    """Layer, from zero."""
    head: int
    """Query head, from zero."""
    kv_group: int | None
    """Key-value group that serves it; null where the grouping is unknown."""
    language_model: LanguageModelRef
    """Whose head."""
    findings: list[Finding]
    """Claims on the head and on its key-value group."""
    assessments: list[Assessment]
    """What all claims and re-runs say, head type by head type; of the head, then of its group."""
    verifications: list[Verification]
    """Every re-run of these claims, latest first."""
    scores: list[RankedScore]
    """Its number in every table, with its rank there."""
    circuits: list[CircuitMembership]
    """Circuits to which it belongs."""
    url: str
    """Address of the record."""
