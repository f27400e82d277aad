"""What the JSON of a search holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, PageOf, Record
from api.schemas.finding import FindingRecord, FindingRef
from api.schemas.finding_page import IncludedRecords
from api.schemas.head_score import LanguageModelScoreRecord
from api.schemas.head_type import HeadTypeRecord
from api.schemas.refs import LanguageModelRef
from catalog.queries.head import HeadRow
from catalog.queries.search.expression import Kind, Operator, SearchField
from catalog.queries.search.request import Target
from catalog.vocabulary import Unit, Verdict


class HeadClaim(FindingRef):
    """A claim on a head, with what came of the latest re-run."""

    verdict: Verdict | None = Field(description="Verdict of the latest re-run; null where nobody re-ran the claim.")
    grade: int = Field(description="Evidence grade by the latest re-run; 0 where untested.", ge=0, le=4)


class ClaimedHeadRecord(Record):
    """A head of which something is claimed."""

    name: str = Field(description="The head as `L5H1`, both counted from zero.")
    language_model: LanguageModelRef = Field(description="Whose head.")
    unit: Unit = Field(description="What the head index counts.")
    layer: int = Field(description="Layer, from zero.")
    head: int = Field(description="Query head, or key-value group where `unit` says so; from zero.")
    depth: float = Field(description="Layer over the last layer of the language model, in [0, 1].")
    claims: list[HeadClaim] = Field(description="The claims on it that match, oldest record first.")

    @classmethod
    def of(cls, row: HeadRow, links: Links) -> Self:
        """A head in a list."""
        last = row.language_model.n_layers - 1
        return cls(
            name=str(row.head),
            language_model=LanguageModelRef.of(row.language_model, links),
            unit=row.unit,
            layer=row.head.layer,
            head=row.head.head,
            depth=row.head.layer / last if last else 0.0,
            claims=[
                HeadClaim(
                    **dict(FindingRef.of(each.finding, links)),
                    verdict=each.latest_verification.verdict if each.latest_verification else None,
                    grade=each.latest_verification.grade if each.latest_verification else 0,
                )
                for each in row.findings
            ],
        )


class SearchAnswer(PageOf[FindingRecord | ClaimedHeadRecord | HeadTypeRecord | LanguageModelScoreRecord]):
    """A page of what a search found. Ask for the next one with the same body and `cursor` set to `next_cursor`."""

    target: Target = Field(description="What was searched, and so what the items are.")
    included: IncludedRecords | None = Field(description="What `include` asked for; null where it asked for nothing.")


class SearchFieldRecord(Record):
    """A field that the expression of a search can ask for."""

    name: str = Field(description="Name of the field.")
    kind: Kind = Field(description="What it holds.")
    description: str = Field(description="What it means.")
    operators: list[Operator] = Field(description="Operators that it takes.")
    choices: list[str] = Field(description="All values that it ever holds; empty where the list is open.")

    @classmethod
    def of(cls, name: str, field: SearchField) -> Self:
        """A field."""
        return cls(
            name=name,
            kind=field.kind,
            description=field.description,
            operators=list(field.operators),
            choices=list(field.choices),
        )


class SearchTargetRecord(Record):
    """Something that can be searched."""

    target: Target = Field(description="Its name.")
    fields: list[SearchFieldRecord] = Field(description="Fields that the expression can ask for.")
    sorts: list[str] = Field(description="Orders; a leading minus turns one round.")
