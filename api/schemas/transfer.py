"""What the JSON of transfer holds: head types across language models, tasks and depths, and what is passed on."""

from typing import Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from api.schemas.refs import HeadScoreTableRef, HeadTypeRef, LanguageModelRef, MetricRef
from catalog.queries.inheritance import Descent, Inheritance
from catalog.queries.transfer import DepthsOfType, TransferCell, TransferRow
from catalog.vocabulary import Verdict


class TransferCellRecord(Record):
    """What came of a head type in a language model, on one task and one kind of prompts."""

    task: str = Field(description="Task that the claims name.")
    prompts: str | None = Field(
        description="Family of prompts, `weights` for detectors that read none; null where nobody re-ran the claims."
    )
    is_broad: bool = Field(description="Whether the verdicts are on the broad reading, on ordinary text.")
    n_claims: int = Field(description="Claims in the cell.", ge=0)
    n_tested: int = Field(description="Claims with a re-run that counts.", ge=0)
    n_reproduced: int = Field(description="Claims that it reproduced.", ge=0)
    n_not_reproduced: int = Field(description="Claims that it did not reproduce.", ge=0)
    n_not_applicable: int = Field(description="Claims whose behaviour is not there.", ge=0)
    n_untested: int = Field(description="Claims that nobody re-ran.", ge=0)
    verdicts: list[Count] = Field(description="Latest verdicts that count.")

    @classmethod
    def of(cls, cell: TransferCell) -> Self:
        """A cell."""
        n_tested = sum(cell.verdicts.values())
        return cls.read(
            cell,
            n_tested=n_tested,
            n_reproduced=cell.verdicts.get(Verdict.REPRODUCED, 0),
            n_not_reproduced=cell.verdicts.get(Verdict.NOT_REPRODUCED, 0),
            n_not_applicable=cell.verdicts.get(Verdict.NOT_APPLICABLE, 0),
            n_untested=cell.n_claims - n_tested,
            verdicts=counts(cell.verdicts),
        )


class TransferRowRecord(Record):
    """One head type in one language model."""

    head_type: HeadTypeRef = Field(description="The head type.")
    language_model: LanguageModelRef = Field(description="The language model.")
    cells: list[TransferCellRecord] = Field(description="Its tasks and kinds of prompts.")

    @classmethod
    def of(cls, row: TransferRow, links: Links) -> Self:
        """A row of the matrix."""
        return cls(
            head_type=HeadTypeRef.of(row.head_type, links),
            language_model=LanguageModelRef.of(row.language_model, links),
            cells=[TransferCellRecord.of(each) for each in row.cells],
        )


class DepthsInModelRecord(Record):
    """Relative depths of reproduced heads in one language model."""

    language_model: LanguageModelRef = Field(description="The language model.")
    depths: list[float] = Field(description="Layer over the last layer, one for each head.")


class DepthsOfTypeRecord(Record):
    """Where the reproduced heads of a type lie, language model by language model."""

    head_type: HeadTypeRef = Field(description="The head type.")
    n_heads: int = Field(description="Heads, in all language models together.", ge=1)
    quartiles: tuple[float, float, float] | None = Field(
        description="First, second and third quartile of their depths; null for fewer than two heads."
    )
    by_language_model: list[DepthsInModelRecord] = Field(description="Depths by language model.")

    @classmethod
    def of(cls, found: DepthsOfType, links: Links) -> Self:
        """Depths of a type."""
        return cls(
            head_type=HeadTypeRef.of(found.head_type, links),
            n_heads=len(found.depths),
            quartiles=found.quartiles,
            by_language_model=[
                DepthsInModelRecord(language_model=LanguageModelRef.of(model, links), depths=depths)
                for model, depths in found.by_language_model
            ],
        )


class DepthsRecord(Record):
    """Depth distributions of head types."""

    items: list[DepthsOfTypeRecord] = Field(description="Head types with a reproduced head, by name.")


class InheritanceRecord(Record):
    """One metric over the same heads of two language models that belong together."""

    descent: Descent = Field(description="Whether one was made from the other, or both are revisions of one.")
    base: LanguageModelRef = Field(description="The base, or the revision that was recorded first.")
    derived: LanguageModelRef = Field(description="What was made from it, or the other revision.")
    metric: MetricRef = Field(description="The number that is compared.")
    base_table: HeadScoreTableRef = Field(description="Scores of the base.")
    derived_table: HeadScoreTableRef = Field(description="Scores of the other.")
    n_heads: int = Field(description="Heads, or key-value groups, with a score in both.", ge=1)
    pearson: float | None = Field(description="Correlation of the scores; null where one table holds one value only.")
    n_top: int = Field(description="Heads that count as the best: 5 % of them, at least one.", ge=1)
    overlap: float = Field(description="Share of the best of the base that is among the best of the other.")
    overlap_by_chance: float = Field(description="The same for orders that know nothing of each other.")

    @classmethod
    def of(cls, found: Inheritance, links: Links) -> Self:
        """A comparison."""
        return cls.read(
            found,
            base=LanguageModelRef.of(found.base, links),
            derived=LanguageModelRef.of(found.derived, links),
            metric=MetricRef.of(found.metric, links),
            base_table=HeadScoreTableRef.of(found.base_table, links),
            derived_table=HeadScoreTableRef.of(found.derived_table, links),
        )


class InheritancesRecord(Record):
    """Comparisons of language models that belong together."""

    items: list[InheritanceRecord] = Field(description="All that can be made, by language models and metric.")
