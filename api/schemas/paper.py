"""What the JSON of a paper holds."""

from datetime import date
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from api.schemas.refs import (
    BenchmarkRef,
    CircuitRef,
    HeadScoreTableRef,
    HeadTypeCount,
    HeadTypeRef,
    LanguageModelCount,
    MethodRef,
    MetricRef,
)
from api.schemas.stage import StageAssignmentRecord
from catalog import models
from catalog.queries.paper import PaperDetail, PaperRow


class PaperRecord(Record):
    """A source: a paper, a post or a repository."""

    slug: str = Field(description="Permanent name of the paper.")
    title: str = Field(description="Title.")
    authors: list[str] = Field(description="Full names in order; empty where no source read so far lists them.")
    year: int | None = Field(description="Year of publication; null where unknown.")
    published_on: date | None = Field(description="Day of publication; null where unknown.")
    venue: str | None = Field(description="Where it appeared; null where unknown.")
    entry_type: str = Field(description="BibTeX type.")
    arxiv_id: str | None = Field(description="arXiv identifier; null where there is none.")
    doi: str | None = Field(description="DOI; null where there is none.")
    openreview_id: str | None = Field(description="OpenReview identifier; null where there is none.")
    acl_id: str | None = Field(description="ACL Anthology identifier; null where there is none.")
    source_url: str | None = Field(description="Address of the paper itself; null where unknown.")
    pages: str | None = Field(description="Pages; null where unknown.")
    volume: str | None = Field(description="Volume; null where unknown.")
    links: list[dict[str, Any]] = Field(description="Further addresses, each with its kind.")
    code_urls: list[str] = Field(description="Repositories with the code of the paper.")
    is_cited_in_survey: bool = Field(description="Whether arXiv:2409.03752 cites it.")
    is_in_survey_repository: bool = Field(description="Whether the survey's repository lists it.")
    conflicts: list[dict[str, Any]] = Field(description="Fields on which sources disagree, with what each says.")
    n_findings: int = Field(description="Findings read from it that stand.", ge=0)
    url: str = Field(description="Address of the record.")
    cite_url: str = Field(description="BibTeX of the paper itself.")

    @classmethod
    def of(cls, row: PaperRow, links: Links) -> Self:
        """A paper in a list."""
        paper = row.paper
        url = links.to("papers", paper.slug)
        return cls.read(paper, source_url=paper.url, n_findings=row.n_findings, url=url, cite_url=f"{url}/bibtex")


class PaperHeadTypeRecord(Record):
    """A head type that a paper describes, or whose name it uses in another sense."""

    head_type: HeadTypeRef = Field(description="The head type.")
    via: list[str] = Field(description="Where the link was read: taxonomy figure, text, repository tag, finding.")
    sense: str = Field(description="`same`, or `other` where the paper means something else by the name.")
    note: str | None = Field(description="What else is to know; null where nothing is.")

    @classmethod
    def of(cls, link: models.HeadTypePaper, links: Links) -> Self:
        """The link seen from the paper."""
        return cls.read(link, head_type=HeadTypeRef.of(link.head_type, links))


class PaperDetailRecord(PaperRecord):
    """One paper with what the catalog took from it."""

    head_types: list[PaperHeadTypeRecord] = Field(description="Head types that it describes.")
    assignments: list[StageAssignmentRecord] = Field(description="Stages into which it puts head types.")
    methods: list[MethodRef] = Field(description="Methods of which the survey names it as an example.")
    metrics: list[MetricRef] = Field(description="Metrics that it defines.")
    benchmarks: list[BenchmarkRef] = Field(description="Benchmarks that it introduces.")
    circuits: list[CircuitRef] = Field(description="Circuits that it describes.")
    head_score_tables: list[HeadScoreTableRef] = Field(description="Tables of per-head numbers that it published.")
    findings_by_head_type: list[HeadTypeCount] = Field(description="Its findings, counted by head type.")
    findings_by_language_model: list[LanguageModelCount] = Field(description="Its findings, counted by language model.")
    verdicts: list[Count] = Field(description="Latest verdicts of its verified findings, counted.")

    @classmethod
    def from_detail(cls, detail: PaperDetail, links: Links) -> Self:
        """A paper with all that rests on it."""
        return cls(
            **dict(PaperRecord.of(PaperRow(detail.paper, detail.n_findings), links)),
            head_types=[PaperHeadTypeRecord.of(each, links) for each in detail.head_types],
            assignments=[StageAssignmentRecord.of(each, links) for each in detail.assignments],
            methods=[MethodRef.of(each.method, links) for each in detail.methods],
            metrics=[MetricRef.of(each, links) for each in detail.metrics],
            benchmarks=[BenchmarkRef.of(each, links) for each in detail.benchmarks],
            circuits=[CircuitRef.of(each, links) for each in detail.circuits],
            head_score_tables=[HeadScoreTableRef.of(each, links) for each in detail.head_score_tables],
            findings_by_head_type=[HeadTypeCount.of(each, links) for each in detail.findings_by_head_type],
            findings_by_language_model=[
                LanguageModelCount.of(each, links) for each in detail.findings_by_language_model
            ],
            verdicts=counts(detail.verdicts),
        )
