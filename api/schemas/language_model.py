"""What the JSON of a language model holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Count, Links, counts
from api.schemas.head_score import HeadScoreTableRecord
from api.schemas.refs import CircuitRef, HeadTypeCount, LanguageModelRef
from api.schemas.scan_run import ScanRunRef
from catalog.queries.language_model import LanguageModelDetail, LanguageModelRow


class LanguageModelRecord(LanguageModelRef):
    """A network under study at one revision of its weights."""

    architecture: str | None = Field(description="`model_type` of its configuration; null where it was not read.")
    family: str = Field(description="Family.")
    n_layers: int = Field(description="Layers.")
    n_heads: int = Field(description="Query heads of a layer.")
    n_kv_heads: int | None = Field(description="Key-value groups of a layer; null where unknown.")
    d_model: int | None = Field(description="Width of the residual stream; null where unknown.")
    d_head: int | None = Field(description="Width of a head; null where unknown.")
    n_parameters: str | None = Field(description="Parameters as stated; null where unknown.")
    source: str = Field(description="Where the shape was read.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    n_findings: int = Field(description="Findings on its heads that stand.", ge=0)
    n_head_score_tables: int = Field(description="Tables of scores of its heads.", ge=0)

    @classmethod
    def of_row(cls, row: LanguageModelRow, links: Links) -> Self:
        """A language model in a list."""
        return cls.read(
            row.language_model,
            url=links.to("language-models", row.language_model.slug),
            n_findings=row.n_findings,
            n_head_score_tables=row.n_head_score_tables,
        )


class LanguageModelDetailRecord(LanguageModelRecord):
    """One language model with what is known of it."""

    base_model: LanguageModelRef | None = Field(description="What it was made from; null where not recorded.")
    other_revisions: list[LanguageModelRef] = Field(description="Other revisions of the same hub id.")
    findings_by_head_type: list[HeadTypeCount] = Field(description="Findings, counted by head type.")
    verdicts: list[Count] = Field(description="Latest verdicts of its verified findings, counted.")
    head_score_tables: list[HeadScoreTableRecord] = Field(description="Tables of scores of its heads.")
    circuits: list[CircuitRef] = Field(description="Circuits in it.")
    scan_runs: list[ScanRunRef] = Field(description="Our runs over it, latest first.")

    @classmethod
    def from_detail(cls, detail: LanguageModelDetail, links: Links) -> Self:
        """A language model with all that bears on it."""
        row = LanguageModelRow(detail.language_model, detail.n_findings, len(detail.head_score_tables))
        return cls(
            **dict(LanguageModelRecord.of_row(row, links)),
            base_model=LanguageModelRef.of(detail.base_model, links) if detail.base_model else None,
            other_revisions=[LanguageModelRef.of(each, links) for each in detail.other_revisions],
            findings_by_head_type=[HeadTypeCount.of(each, links) for each in detail.findings_by_head_type],
            verdicts=counts(detail.verdicts),
            head_score_tables=[HeadScoreTableRecord.of(each, links) for each in detail.head_score_tables],
            circuits=[CircuitRef.of(each, links) for each in detail.circuits],
            scan_runs=[ScanRunRef.of(each, links) for each in detail.scan_runs],
        )
