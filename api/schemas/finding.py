"""What the JSON of a finding holds."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.assessment import AssessmentRecord
from api.schemas.base import Entry, Links, Record
from api.schemas.refs import (
    DetectorRef,
    HeadScoreTableRef,
    HeadTypeRef,
    LanguageModelRef,
    MethodRef,
    MetricRef,
    PaperRef,
    StageRef,
)
from api.schemas.scan_run import ScanRunRef
from catalog import models
from catalog.notation import HeadRef
from catalog.queries.finding import FindingDetail, FindingRow
from catalog.vocabulary import Confidence, Maturity, Polarity, SourceKind, Unit, Verdict


class VerificationSummary(Record):
    """What came of one re-run of a claim."""

    accession: str = Field(description="Permanent accession.")
    verdict: Verdict = Field(description="Outcome.")
    grade: int = Field(description="Evidence grade: 0 claimed … 4 reproduced by independent parties.", ge=0, le=4)
    score: float | None = Field(description="What the detector measured; null where `score_absent_reason` says why.")
    score_absent_reason: str | None = Field(description="Why there is no score; null where there is one.")
    chance: float | None = Field(description="Score of uniform attention on the same inputs; null where not computed.")
    ci_low: float | None = Field(description="Lower end of the interval; null where not computed.")
    ci_high: float | None = Field(description="Upper end of the interval; null where not computed.")
    p_adjusted: float | None = Field(description="p after Benjamini–Hochberg; null where not computed.")
    rank: int | None = Field(description="Place among all heads of the language model, from one; null if unknown.")
    reasons: list[str] = Field(description="What led to the verdict, in sentences.")
    detector: DetectorRef = Field(description="What was run.")
    scan_run: ScanRunRef = Field(description="When and on what.")
    created_at: datetime = Field(description="When it was recorded, UTC.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, verification: models.Verification, links: Links) -> Self:
        """Short form of a verification."""
        return cls.read(
            verification,
            detector=DetectorRef.of(verification.detector, links),
            scan_run=ScanRunRef.of(verification.scan_run, links),
            url=links.to("verifications", verification.accession),
        )


class FindingRef(Record):
    """A claim, named by another record."""

    accession: str = Field(description="Permanent accession.")
    head: str = Field(description="The head as `L5H1`, both counted from zero.")
    unit: Unit = Field(description="What the head index counts.")
    polarity: Polarity = Field(description="Whether the source says that the head is, or is not, of the type.")
    head_type: HeadTypeRef | None = Field(description="The head type; null where a role in a circuit is claimed.")
    circuit_role: str | None = Field(description="Role in a circuit; null where a head type is claimed.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    paper: PaperRef = Field(description="Who claims it.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, finding: models.Finding, links: Links) -> Self:
        """Short form of a finding."""
        return cls.read(
            finding,
            head=finding.head_name,
            head_type=HeadTypeRef.of(finding.head_type, links) if finding.head_type else None,
            language_model=LanguageModelRef.of(finding.language_model, links),
            paper=PaperRef.of(finding.paper, links),
            url=links.to("findings", finding.accession),
        )


class FindingRecord(Entry):
    """One source claims that a head of a language model is, or is not, of a head type."""

    paper: PaperRef = Field(description="Who claims it.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    layer: int = Field(description="Layer, from zero.")
    head: int = Field(description="Query head, or key-value group where `unit` says so; from zero.")
    group_heads: str | None = Field(
        description="All heads of a claim about several together, as `L1H0+L1H3`; layer and head are then those of the "
        "first. Null for all other claims."
    )
    name: str = Field(description="The same as `L5H1`.")
    unit: Unit = Field(description="What the head index counts.")
    head_type: HeadTypeRef | None = Field(description="The head type; null where a role in a circuit is claimed.")
    circuit_role: str | None = Field(description="Role in a circuit; null where a head type is claimed.")
    polarity: Polarity = Field(description="Whether the source says that the head is, or is not, of the type.")
    published_name: str = Field(description="What the source calls the head.")
    task: str = Field(description="Task on which it was found.")
    method: MethodRef | None = Field(description="How it was established; null where the source does not say.")
    metric: MetricRef | None = Field(description="What `value` means; null where there is no value.")
    value: float | None = Field(description="Published number; null where the source gives none.")
    stage: StageRef | None = Field(description="Stage recorded with the claim; null where none was.")
    scope: str | None = Field(description="On which inputs the claim is meant to hold; null where not narrowed.")
    locator: str = Field(description="Place in the source: file and commit, table, section.")
    source_kind: SourceKind = Field(description="What was read to record it.")
    confidence: Confidence = Field(description="How sure the reading is; it follows from what was read.")
    head_score_table: HeadScoreTableRef | None = Field(description="Table it was ranked from; null where none was.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    head_url: str = Field(description="Everything about this head.")
    latest_verification: VerificationSummary | None = Field(description="Latest re-run; null where untested.")

    @classmethod
    def of(cls, row: FindingRow, links: Links) -> Self:
        """A finding in a list."""
        latest = row.latest_verification
        summary = VerificationSummary.of(latest, links) if latest else None
        return cls.read(row.finding, **_related(row.finding, links), latest_verification=summary)


class FindingDetailRecord(FindingRecord):
    """One claim with everything that bears on it."""

    verifications: list[VerificationSummary] = Field(
        description="All re-runs, latest first; those by a faulty detector are among them and do not count."
    )
    assessment: AssessmentRecord | None = Field(
        description="What all claims and re-runs say of this head and type; null where a role in a circuit is claimed."
    )
    same_head: list[FindingRef] = Field(description="Other claims on the same head.")

    @classmethod
    def from_detail(cls, detail: FindingDetail, links: Links) -> Self:
        """A finding with its re-runs."""
        summaries = [VerificationSummary.of(each, links) for each in detail.verifications]
        return cls.read(
            detail.finding,
            **_related(detail.finding, links),
            latest_verification=next((each for each in summaries if each.detector.maturity != Maturity.FAULTY), None),
            verifications=summaries,
            assessment=None if detail.assessment is None else AssessmentRecord.of(detail.assessment, links),
            same_head=[FindingRef.of(each.finding, links) for each in detail.same_head],
        )


def _related(finding: models.Finding, links: Links) -> dict[str, Any]:
    slug = finding.language_model.slug
    table = finding.head_score_table
    head_url = links.to("language-models", slug, "heads", str(HeadRef(finding.layer, finding.head)))
    if finding.unit == Unit.KV_GROUP:
        # A group is no query head: its first one stands for it, and shows claims on the group.
        model = finding.language_model
        per_group = model.n_heads // model.n_kv_heads if model.n_kv_heads else 1
        head_url = links.to("language-models", slug, "heads", str(HeadRef(finding.layer, finding.head * per_group)))
    return {
        **links.entry("findings", finding.accession, finding),
        "name": finding.head_name,
        "confidence": SourceKind(finding.source_kind).confidence,
        "paper": PaperRef.of(finding.paper, links),
        "language_model": LanguageModelRef.of(finding.language_model, links),
        "head_type": HeadTypeRef.of(finding.head_type, links) if finding.head_type else None,
        "method": MethodRef.of(finding.method, links) if finding.method else None,
        "metric": MetricRef.of(finding.metric, links) if finding.metric else None,
        "stage": StageRef.of(finding.stage, links) if finding.stage else None,
        "head_score_table": HeadScoreTableRef.of(table, links) if table else None,
        "head_url": head_url,
    }
