"""What the JSON of one head holds."""

from typing import Self

from pydantic import Field

from api.schemas.assessment import AssessmentRecord
from api.schemas.base import Links, Record
from api.schemas.circuit import CircuitMembershipRecord
from api.schemas.finding import FindingRecord
from api.schemas.head_score import RankedScoreRecord
from api.schemas.refs import LanguageModelRef
from api.schemas.verification import VerificationRecord
from catalog.queries.head import HeadDetail


class HeadRecord(Record):
    """One head of one language model: every claim, verdict and number about it."""

    name: str = Field(description="The head as `L5H1`.")
    layer: int = Field(description="Layer, from zero.")
    head: int = Field(description="Query head, from zero.")
    kv_group: int | None = Field(description="Key-value group that serves it; null where the grouping is unknown.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    findings: list[FindingRecord] = Field(description="Claims on the head and on its key-value group.")
    assessments: list[AssessmentRecord] = Field(
        description="What all claims and re-runs say, head type by head type; of the head, then of its group."
    )
    verifications: list[VerificationRecord] = Field(description="Every re-run of these claims, latest first.")
    scores: list[RankedScoreRecord] = Field(description="Its number in every table, with its rank there.")
    circuits: list[CircuitMembershipRecord] = Field(description="Circuits to which it belongs.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def from_detail(cls, detail: HeadDetail, links: Links) -> Self:
        """A head with all that is known of it."""
        name = str(detail.head)
        return cls(
            name=name,
            layer=detail.head.layer,
            head=detail.head.head,
            kv_group=detail.kv_group,
            language_model=LanguageModelRef.of(detail.language_model, links),
            findings=[FindingRecord.of(each, links) for each in detail.findings],
            assessments=[AssessmentRecord.of(each, links) for each in detail.assessments],
            verifications=[VerificationRecord.of(each, links) for each in detail.verifications],
            scores=[RankedScoreRecord.of_ranked(each, links) for each in detail.scores],
            circuits=[CircuitMembershipRecord.of(each, links) for each in detail.circuits],
            url=links.to("language-models", detail.language_model.slug, "heads", name),
        )
