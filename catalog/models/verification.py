"""What happened when we re-ran a claim. Appended, never edited."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, Citable, citable_constraints, one_of, reference
from catalog.models.detector import Detector
from catalog.models.finding import Finding
from catalog.models.scan_run import ScanRun
from catalog.vocabulary import RunStanding, Verdict


class Verification(Citable, Base):
    """One re-run of one finding by one detector, with its verdict and everything that led to it."""

    __tablename__ = "verifications"
    __table_args__ = (
        one_of("verdict", Verdict),
        one_of("standing", RunStanding),
        one_of("broad_verdict", Verdict),
        CheckConstraint("broad_share IS NULL OR broad_share BETWEEN 0 AND 1", name="broad_share_range"),
        CheckConstraint("grade BETWEEN 0 AND 4", name="grade_range"),
        CheckConstraint("p_value IS NULL OR p_value BETWEEN 0 AND 1", name="p_value_range"),
        CheckConstraint("p_adjusted IS NULL OR p_adjusted BETWEEN 0 AND 1", name="p_adjusted_range"),
        CheckConstraint("(score IS NULL) = (score_absent_reason IS NOT NULL)", name="score_or_reason"),
        CheckConstraint("(ci_low IS NULL) = (ci_high IS NULL)", name="interval_whole"),
        CheckConstraint("ci_low IS NULL OR ci_low <= ci_high", name="interval_ordered"),
        UniqueConstraint("finding_id", "scan_run_id", "detector_id"),
        Index("ix_verifications_latest", "finding_id", "id"),
        Index("ix_verifications_created_at", "created_at"),
        *citable_constraints(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = reference("findings.id")
    detector_id: Mapped[int] = reference("detectors.id")
    scan_run_id: Mapped[int] = reference("scan_runs.id")
    score: Mapped[float | None]
    score_absent_reason: Mapped[str | None]
    """Why there is no score; a score that was not computed is never 0."""
    chance: Mapped[float | None]
    """Score of uniform attention on exactly these inputs."""
    ci_low: Mapped[float | None]
    ci_high: Mapped[float | None]
    p_value: Mapped[float | None]
    p_adjusted: Mapped[float | None]
    """Benjamini–Hochberg over all heads of the run."""
    effect: Mapped[float | None]
    """Change of the detector's behaviour measure under mean ablation of the head, over the intact value."""
    rank: Mapped[int | None]
    """Place of the head among all heads of the language model, from one."""
    published_rule: Mapped[str | None]
    published_rule_met: Mapped[bool | None]
    null_rule: Mapped[str | None]
    null_rule_met: Mapped[bool | None]
    verdict: Mapped[Verdict] = mapped_column(String(24), index=True)
    reasons: Mapped[list[str]]
    grade: Mapped[int] = mapped_column(default=0)
    protocol_version: Mapped[str] = mapped_column(String(16))
    record: Mapped[dict[str, Any]]
    """The whole record, from which the verdict can be computed again."""
    record_sha256: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str | None]
    signer: Mapped[str | None] = mapped_column(String(64), index=True)
    """Public key of the signature; empty where the record is not signed."""
    standing: Mapped[RunStanding | None] = mapped_column(String(16))
    """Whether the settings were frozen before the run; empty where the record's version does not say."""
    repeats: Mapped[str | None] = mapped_column(String(16), index=True)
    """Accession of the verification that this one repeats."""
    broad_verdict: Mapped[Verdict | None] = mapped_column(String(24))
    """Verdict on the broad reading of the claim, on ordinary text; empty where that was not measured."""
    broad_share: Mapped[float | None]
    """Share of all that the head attends to in ordinary text that the label names."""
    created_at: Mapped[datetime]

    finding: Mapped[Finding] = relationship(lazy="raise")
    detector: Mapped[Detector] = relationship(lazy="raise")
    scan_run: Mapped[ScanRun] = relationship(lazy="raise")
