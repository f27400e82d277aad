"""What the JSON of a verification holds."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Entry, Links
from api.schemas.finding import FindingRef
from api.schemas.refs import DetectorRef
from api.schemas.scan_run import ScanRunRef
from catalog import models
from catalog.citation.record import notice_of
from catalog.places import without_folders
from catalog.vocabulary import Maturity, RunStanding, Verdict


class VerificationRecord(Entry):
    """One re-run of one finding by one detector. Appended, never edited."""

    finding: FindingRef = Field(description="The claim that was re-run.")
    detector: DetectorRef = Field(description="What was run.")
    scan_run: ScanRunRef = Field(description="When and on what.")
    verdict: Verdict = Field(description="Outcome.")
    grade: int = Field(description="Evidence grade: 0 claimed … 4 reproduced by independent parties.", ge=0, le=4)
    score: float | None = Field(description="What the detector measured; null where `score_absent_reason` says why.")
    score_absent_reason: str | None = Field(description="Why there is no score; null where there is one.")
    chance: float | None = Field(description="Score of uniform attention on the same inputs; null where not computed.")
    ci_low: float | None = Field(description="Lower end of the interval; null where not computed.")
    ci_high: float | None = Field(description="Upper end of the interval; null where not computed.")
    p_value: float | None = Field(description="p of the head alone; null where not computed.")
    p_adjusted: float | None = Field(description="p after Benjamini–Hochberg; null where not computed.")
    effect: float | None = Field(description="Relative change of the behaviour under mean ablation; null if not run.")
    rank: int | None = Field(description="Place among all heads of the language model, from one; null if unknown.")
    published_rule: str | None = Field(description="The source's rule in words; null where it drew no line.")
    published_rule_met: bool | None = Field(description="Whether the score meets it; null where it cannot be judged.")
    null_rule: str | None = Field(description="The rule against chance in words; null where none was applied.")
    null_rule_met: bool | None = Field(description="Whether the score meets it; null where it cannot be judged.")
    reasons: list[str] = Field(description="What led to the verdict, in sentences.")
    protocol_version: str = Field(description="Version of the verdict function.")
    record_sha256: str = Field(description="SHA-256 of the whole record as canonical JSON.")
    signature: str | None = Field(description="Ed25519 signature of the record; null where it was not signed.")
    signer: str | None = Field(description="Public key of the signature, in base64; null where it was not signed.")
    standing: RunStanding | None = Field(
        description="Confirmatory where the settings were frozen before the run began; null in the first records."
    )
    repeats: str | None = Field(description="Accession of the verification that it repeats; null where of none.")
    broad_verdict: Verdict | None = Field(
        description="Outcome for the broad reading of the claim, on ordinary text; null where not measured."
    )
    broad_share: float | None = Field(
        description="Share of the head's attention in ordinary text that the label names; null where not measured.",
    )
    is_counted: bool = Field(description="False where its detector was found faulty since: it stays, and says nothing.")
    created_at: datetime = Field(description="When it was recorded, UTC.")

    @classmethod
    def of(cls, verification: models.Verification, links: Links) -> Self:
        """A verification in a list."""
        return cls.read(verification, **_related(verification, links))


class VerificationDetailRecord(VerificationRecord):
    """One re-run with the whole record from which the verdict can be computed again."""

    notice: str | None = Field(description="Why it no longer counts; null where it does.")
    record: dict[str, Any] = Field(description="Everything that the verdict was computed from.")

    @classmethod
    def from_row(cls, verification: models.Verification, links: Links) -> Self:
        """A verification with its record."""
        return cls.read(
            verification,
            notice=notice_of(verification),
            record=without_folders(verification.record),
            **_related(verification, links),
        )


def _related(verification: models.Verification, links: Links) -> dict[str, Any]:
    return {
        **links.entry("verifications", verification.accession, verification),
        "finding": FindingRef.of(verification.finding, links),
        "detector": DetectorRef.of(verification.detector, links),
        "scan_run": ScanRunRef.of(verification.scan_run, links),
        "is_counted": verification.detector.maturity != Maturity.FAULTY,
    }
