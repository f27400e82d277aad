"""What the JSON of a list of findings holds, beside the findings."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, PageOf, Record
from api.schemas.finding import FindingRecord
from api.schemas.head_type import HeadTypeRecord
from api.schemas.language_model import LanguageModelRecord
from api.schemas.metric import MetricRecord
from api.schemas.paper import PaperRecord
from api.schemas.verification import VerificationRecord
from catalog.queries.included import Included


class IncludedRecords(Record):
    """Whole records that the findings of the page name, each once; empty where not asked for."""

    papers: list[PaperRecord] = Field(description="Their sources.")
    head_types: list[HeadTypeRecord] = Field(description="Their head types.")
    language_models: list[LanguageModelRecord] = Field(description="Their language models.")
    metrics: list[MetricRecord] = Field(description="Metrics of their published values.")
    verifications: list[VerificationRecord] = Field(description="All their re-runs that stand.")

    @classmethod
    def of(cls, included: Included, links: Links) -> Self:
        """What was asked for with `include`."""
        return cls(
            papers=[PaperRecord.of(each, links) for each in included.papers],
            head_types=[HeadTypeRecord.of(each, links) for each in included.head_types],
            language_models=[LanguageModelRecord.of_row(each, links) for each in included.language_models],
            metrics=[MetricRecord.of(each, links) for each in included.metrics],
            verifications=[VerificationRecord.of(each, links) for each in included.verifications],
        )


class PageOfFindings(PageOf[FindingRecord]):
    """Some findings of a list, and the way to the next ones."""

    included: IncludedRecords | None = Field(description="What `include` asked for; null where it asked for nothing.")
