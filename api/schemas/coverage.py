"""What the JSON of the coverage holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from api.schemas.refs import HeadTypeRef, LanguageModelRef
from catalog.queries.coverage_matrix import CoverageCell
from catalog.vocabulary import Verdict


class CoverageCellRecord(Record):
    """What was claimed and tested of one head type in one language model."""

    head_type: HeadTypeRef = Field(description="The head type.")
    language_model: LanguageModelRef = Field(description="The language model.")
    n_findings: int = Field(description="Claims that match.", ge=0)
    n_is: int = Field(description="Claims that a head is of the type.", ge=0)
    n_is_not: int = Field(description="Claims that a head is not of the type.", ge=0)
    n_tested: int = Field(description="Claims that were re-run.", ge=0)
    n_untested: int = Field(description="Claims that nobody re-ran.", ge=0)
    n_reproduced: int = Field(description="Claims whose latest re-run reproduced them.", ge=0)
    verdicts: list[Count] = Field(description="Latest verdicts of the tested claims, counted.")

    @classmethod
    def of(cls, cell: CoverageCell, links: Links) -> Self:
        """A cell."""
        return cls(
            head_type=HeadTypeRef.of(cell.head_type, links),
            language_model=LanguageModelRef.of(cell.language_model, links),
            n_findings=cell.n_findings,
            n_is=cell.n_is,
            n_is_not=cell.n_is_not,
            n_tested=cell.n_findings - cell.n_untested,
            n_untested=cell.n_untested,
            n_reproduced=cell.verdicts.get(Verdict.REPRODUCED, 0),
            verdicts=counts(cell.verdicts),
        )
