"""Records of the API (finding), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import datetime

from api.client.records.assessment import Assessment
from api.client.records.refs import (
    DetectorRef,
    HeadScoreTableRef,
    HeadTypeRef,
    LanguageModelRef,
    MethodRef,
    MetricRef,
    PaperRef,
    StageRef,
)
from api.client.records.scan_run import ScanRunRef
from api.client.records.vocabulary import Confidence, Polarity, SourceKind, Status, Unit, Verdict


@dataclass(frozen=True, slots=True)
class VerificationSummary:
    """What came of one re-run of a claim."""

    accession: str
    """Permanent accession."""
    verdict: Verdict
    """Outcome."""
    grade: int
    """Evidence grade: 0 claimed … 4 reproduced by independent parties."""
    score: float | None
    """What the detector measured; null where `score_absent_reason` says why."""
    score_absent_reason: str | None
    """Why there is no score; null where there is one."""
    chance: float | None
    """Score of uniform attention on the same inputs; null where not computed."""
    ci_low: float | None
    """Lower end of the interval; null where not computed."""
    ci_high: float | None
    """Upper end of the interval; null where not computed."""
    p_adjusted: float | None
    """p after Benjamini–Hochberg; null where not computed."""
    rank: int | None
    """Place among all heads of the language model, from one; null if unknown."""
    reasons: list[str]
    """What led to the verdict, in sentences."""
    detector: DetectorRef
    """What was run."""
    scan_run: ScanRunRef
    """When and on what."""
    created_at: datetime
    """When it was recorded, UTC."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One source claims that a head of a language model is, or is not, of a head type."""

    accession: str
    """Permanent accession; it never changes and is never given away again."""
    version: int
    """Version of the content; each one stays readable."""
    status: Status
    """Standing of the entry."""
    url: str
    """Address of the entry as it stands."""
    version_url: str
    """Address of exactly this version, frozen with its SHA-256."""
    cite_url: str
    """BibTeX of exactly this version."""
    paper: PaperRef
    """Who claims it."""
    language_model: LanguageModelRef
    """Whose head."""
    layer: int
    """Layer, from zero."""
    head: int
    """Query head, or key-value group where `unit` says so; from zero."""
    group_heads: str | None
    """All heads of a claim about several together, as `L1H0+L1H3`; layer and head are then those of the first. Null
    for all other claims.
    """
    name: str
    """The same as `L5H1`."""
    unit: Unit
    """What the head index counts."""
    head_type: HeadTypeRef | None
    """The head type; null where a role in a circuit is claimed."""
    circuit_role: str | None
    """Role in a circuit; null where a head type is claimed."""
    polarity: Polarity
    """Whether the source says that the head is, or is not, of the type."""
    published_name: str
    """What the source calls the head."""
    task: str
    """Task on which it was found."""
    method: MethodRef | None
    """How it was established; null where the source does not say."""
    metric: MetricRef | None
    """What `value` means; null where there is no value."""
    value: float | None
    """Published number; null where the source gives none."""
    stage: StageRef | None
    """Stage recorded with the claim; null where none was."""
    scope: str | None
    """On which inputs the claim is meant to hold; null where not narrowed."""
    locator: str
    """Place in the source: file and commit, table, section."""
    source_kind: SourceKind
    """What was read to record it."""
    confidence: Confidence
    """How sure the reading is; it follows from what was read."""
    head_score_table: HeadScoreTableRef | None
    """Table it was ranked from; null where none was."""
    note: str | None
    """What else is to know; null where nothing is."""
    head_url: str
    """Everything about this head."""
    latest_verification: VerificationSummary | None
    """Latest re-run; null where untested."""


@dataclass(frozen=True, slots=True)
class FindingRef:
    """A claim, named by another record."""

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


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """One claim with everything that bears on it."""

    accession: str
    """Permanent accession; it never changes and is never given away again."""
    version: int
    """Version of the content; each one stays readable."""
    status: Status
    """Standing of the entry."""
    url: str
    """Address of the entry as it stands."""
    version_url: str
    """Address of exactly this version, frozen with its SHA-256."""
    cite_url: str
    """BibTeX of exactly this version."""
    paper: PaperRef
    """Who claims it."""
    language_model: LanguageModelRef
    """Whose head."""
    layer: int
    """Layer, from zero."""
    head: int
    """Query head, or key-value group where `unit` says so; from zero."""
    group_heads: str | None
    """All heads of a claim about several together, as `L1H0+L1H3`; layer and head are then those of the first. Null
    for all other claims.
    """
    name: str
    """The same as `L5H1`."""
    unit: Unit
    """What the head index counts."""
    head_type: HeadTypeRef | None
    """The head type; null where a role in a circuit is claimed."""
    circuit_role: str | None
    """Role in a circuit; null where a head type is claimed."""
    polarity: Polarity
    """Whether the source says that the head is, or is not, of the type."""
    published_name: str
    """What the source calls the head."""
    task: str
    """Task on which it was found."""
    method: MethodRef | None
    """How it was established; null where the source does not say."""
    metric: MetricRef | None
    """What `value` means; null where there is no value."""
    value: float | None
    """Published number; null where the source gives none."""
    stage: StageRef | None
    """Stage recorded with the claim; null where none was."""
    scope: str | None
    """On which inputs the claim is meant to hold; null where not narrowed."""
    locator: str
    """Place in the source: file and commit, table, section."""
    source_kind: SourceKind
    """What was read to record it."""
    confidence: Confidence
    """How sure the reading is; it follows from what was read."""
    head_score_table: HeadScoreTableRef | None
    """Table it was ranked from; null where none was."""
    note: str | None
    """What else is to know; null where nothing is."""
    head_url: str
    """Everything about this head."""
    latest_verification: VerificationSummary | None
    """Latest re-run; null where untested."""
    verifications: list[VerificationSummary]
    """All re-runs, latest first; those by a faulty detector are among them and do not count."""
    assessment: Assessment | None
    """What all claims and re-runs say of this head and type; null where a role in a circuit is claimed."""
    same_head: list[FindingRef]
    """Other claims on the same head."""
