"""Records of the API (assessment), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.refs import HeadTypeRef, LanguageModelRef
from api.client.records.vocabulary import Maturity, Outcome, Polarity, Unit, Verdict


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the claim, as all re-runs that count decide it together."""

    verdict: Verdict | None
    """On the head being of the type; inconclusive where re-runs disagree, null where none measured it."""
    for_it: list[str]
    """Verifications that find it, wholly or in part."""
    against: list[str]
    """Verifications that do not."""
    undecided: list[str]
    """Verifications that could not tell."""
    is_conflicting: bool
    """Whether some find what others do not."""


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """A source's claim, as evidence."""

    accession: str
    """Accession of the finding."""
    polarity: Polarity
    """Whether the source says is, or is not."""
    paper: str
    """Slug of the source."""
    url: str
    """Address of the finding."""


@dataclass(frozen=True, slots=True)
class RerunEvidence:
    """A re-run, as evidence."""

    accession: str
    """Accession of the verification."""
    claim: str
    """Accession of the finding that it re-ran."""
    verdict: Verdict
    """On that finding."""
    broad_verdict: Verdict | None
    """On its broad reading; null where not measured."""
    has_cause: bool
    """Whether it found an effect of the head."""
    detector: str
    """Slug of the detector."""
    detector_version: int
    """Version of the detector."""
    maturity: Maturity
    """Calibrated detectors lift a grade, faulty ones do not count."""
    signer: str | None
    """Public key of who vouches for it; null where it is not signed."""
    measured_on: str
    """Slug of the language model at the revision that was measured."""
    is_counted: bool
    """False where its detector was found faulty since."""
    can_lift: bool
    """Whether it may raise the grade."""
    url: str
    """Address of the verification."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What all claims and re-runs together say of one head and one head type. Computed when it is asked for."""

    language_model: LanguageModelRef
    """Whose head."""
    unit: Unit
    """What the head index counts."""
    layer: int
    """Layer, from zero."""
    head: int
    """Query head, or key-value group where `unit` says so; from zero."""
    name: str
    """The same as `L5H1`."""
    head_type: HeadTypeRef
    """The head type."""
    outcome: Outcome
    """What they say together; contradictions are `conflicting`."""
    grade: int
    """Evidence grade: 0 claimed … 4 reproduced by independent parties."""
    missing: str | None
    """What the next grade asks for; null at grade 4."""
    narrow: Reading
    """The claim on the prompts that its detector makes."""
    broad: Reading
    """The claim on ordinary text."""
    broad_share: float | None
    """Share of the head's attention in ordinary text that the label names; null where not measured."""
    conflicts: list[str]
    """What contradicts each other, in sentences."""
    parties: list[str]
    """Signing keys behind the re-runs that count; `unsigned` for all others."""
    claims: list[ClaimEvidence]
    """All claims that stand, for and against."""
    reruns: list[RerunEvidence]
    """All re-runs, oldest first, invalidated ones included."""
    head_url: str
    """Everything about this head."""
