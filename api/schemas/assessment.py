"""What the JSON of an assessment holds: what the catalog says of a head and a head type."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadTypeRef, LanguageModelRef
from catalog.assessment.evidence import ClaimEvidence, RerunEvidence
from catalog.assessment.reading import Reading
from catalog.models import LanguageModel
from catalog.notation import HeadRef
from catalog.queries.assessment import AssessmentRow
from catalog.vocabulary import Maturity, Outcome, Polarity, Unit, Verdict


class ReadingRecord(Record):
    """One reading of the claim, as all re-runs that count decide it together."""

    verdict: Verdict | None = Field(
        description="On the head being of the type; inconclusive where re-runs disagree, null where none measured it."
    )
    for_it: list[str] = Field(description="Verifications that find it, wholly or in part.")
    against: list[str] = Field(description="Verifications that do not.")
    undecided: list[str] = Field(description="Verifications that could not tell.")
    is_conflicting: bool = Field(description="Whether some find what others do not.")

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """A reading."""
        return cls.read(reading)


class ClaimEvidenceRecord(Record):
    """A source's claim, as evidence."""

    accession: str = Field(description="Accession of the finding.")
    polarity: Polarity = Field(description="Whether the source says is, or is not.")
    paper: str = Field(description="Slug of the source.")
    url: str = Field(description="Address of the finding.")

    @classmethod
    def of(cls, claim: ClaimEvidence, links: Links) -> Self:
        """A claim."""
        return cls.read(claim, url=links.to("findings", claim.accession))


class RerunEvidenceRecord(Record):
    """A re-run, as evidence."""

    accession: str = Field(description="Accession of the verification.")
    claim: str = Field(description="Accession of the finding that it re-ran.")
    verdict: Verdict = Field(description="On that finding.")
    broad_verdict: Verdict | None = Field(description="On its broad reading; null where not measured.")
    has_cause: bool = Field(description="Whether it found an effect of the head.")
    detector: str = Field(description="Slug of the detector.")
    detector_version: int = Field(description="Version of the detector.")
    maturity: Maturity = Field(description="Calibrated detectors lift a grade, faulty ones do not count.")
    signer: str | None = Field(description="Public key of who vouches for it; null where it is not signed.")
    measured_on: str = Field(description="Slug of the language model at the revision that was measured.")
    is_counted: bool = Field(description="False where its detector was found faulty since.")
    can_lift: bool = Field(description="Whether it may raise the grade.")
    url: str = Field(description="Address of the verification.")

    @classmethod
    def of(cls, rerun: RerunEvidence, links: Links) -> Self:
        """A re-run."""
        return cls.read(rerun, url=links.to("verifications", rerun.accession))


class AssessmentRecord(Record):
    """What all claims and re-runs together say of one head and one head type. Computed when it is asked for."""

    language_model: LanguageModelRef = Field(description="Whose head.")
    unit: Unit = Field(description="What the head index counts.")
    layer: int = Field(description="Layer, from zero.")
    head: int = Field(description="Query head, or key-value group where `unit` says so; from zero.")
    name: str = Field(description="The same as `L5H1`.")
    head_type: HeadTypeRef = Field(description="The head type.")
    outcome: Outcome = Field(description="What they say together; contradictions are `conflicting`.")
    grade: int = Field(description="Evidence grade: 0 claimed … 4 reproduced by independent parties.", ge=0, le=4)
    missing: str | None = Field(description="What the next grade asks for; null at grade 4.")
    narrow: ReadingRecord = Field(description="The claim on the prompts that its detector makes.")
    broad: ReadingRecord = Field(description="The claim on ordinary text.")
    broad_share: float | None = Field(
        description="Share of the head's attention in ordinary text that the label names; null where not measured."
    )
    conflicts: list[str] = Field(description="What contradicts each other, in sentences.")
    parties: list[str] = Field(description="Signing keys behind the re-runs that count; `unsigned` for all others.")
    claims: list[ClaimEvidenceRecord] = Field(description="All claims that stand, for and against.")
    reruns: list[RerunEvidenceRecord] = Field(description="All re-runs, oldest first, invalidated ones included.")
    head_url: str = Field(description="Everything about this head.")

    @classmethod
    def of(cls, row: AssessmentRow, links: Links) -> Self:
        """An assessment with what it is about."""
        found = row.assessment
        return cls.read(
            found,
            language_model=LanguageModelRef.of(row.language_model, links),
            unit=row.unit,
            layer=row.head.layer,
            head=row.head.head,
            name=str(row.head),
            head_type=HeadTypeRef.of(row.head_type, links),
            narrow=ReadingRecord.of(found.narrow),
            broad=ReadingRecord.of(found.broad),
            claims=[ClaimEvidenceRecord.of(each, links) for each in found.claims],
            reruns=[RerunEvidenceRecord.of(each, links) for each in found.reruns],
            head_url=_head_url(row.language_model, row.unit, row.head, links),
        )


def _head_url(model: LanguageModel, unit: Unit, head: HeadRef, links: Links) -> str:
    # A group is no query head: its first one stands for it, and shows claims on the group.
    per_group = model.n_heads // model.n_kv_heads if unit == Unit.KV_GROUP and model.n_kv_heads else 1
    return links.to("language-models", model.slug, "heads", str(HeadRef(head.layer, head.head * per_group)))
