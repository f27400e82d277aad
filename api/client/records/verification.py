"""Records of the API (verification), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import datetime

from api.client.records.finding import FindingRef
from api.client.records.refs import DetectorRef
from api.client.records.scan_run import ScanRunRef
from api.client.records.vocabulary import RunStanding, Status, Verdict


@dataclass(frozen=True, slots=True)
class Verification:
    """One re-run of one finding by one detector. Appended, never edited."""

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
    finding: FindingRef
    """The claim that was re-run."""
    detector: DetectorRef
    """What was run."""
    scan_run: ScanRunRef
    """When and on what."""
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
    p_value: float | None
    """p of the head alone; null where not computed."""
    p_adjusted: float | None
    """p after Benjamini–Hochberg; null where not computed."""
    effect: float | None
    """Relative change of the behaviour under mean ablation; null if not run."""
    rank: int | None
    """Place among all heads of the language model, from one; null if unknown."""
    published_rule: str | None
    """The source's rule in words; null where it drew no line."""
    published_rule_met: bool | None
    """Whether the score meets it; null where it cannot be judged."""
    null_rule: str | None
    """The rule against chance in words; null where none was applied."""
    null_rule_met: bool | None
    """Whether the score meets it; null where it cannot be judged."""
    reasons: list[str]
    """What led to the verdict, in sentences."""
    protocol_version: str
    """Version of the verdict function."""
    record_sha256: str
    """SHA-256 of the whole record as canonical JSON."""
    signature: str | None
    """Ed25519 signature of the record; null where it was not signed."""
    signer: str | None
    """Public key of the signature, in base64; null where it was not signed."""
    standing: RunStanding | None
    """Confirmatory where the settings were frozen before the run began; null in the first records."""
    repeats: str | None
    """Accession of the verification that it repeats; null where of none."""
    broad_verdict: Verdict | None
    """Outcome for the broad reading of the claim, on ordinary text; null where not measured."""
    broad_share: float | None
    """Share of the head's attention in ordinary text that the label names; null where not measured."""
    is_counted: bool
    """False where its detector was found faulty since: it stays, and says nothing."""
    created_at: datetime
    """When it was recorded, UTC."""
