"""What the JSON of a benchmark holds."""

from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadTypeRef, PaperRef
from catalog import models


class BenchmarkHeadTypeRecord(Record):
    """A head type that was studied with a benchmark."""

    head_type: HeadTypeRef = Field(description="The head type.")
    basis: str | None = Field(description="Where that was read; null where it was not noted.")


class BenchmarkRecord(Record):
    """A data set with which heads are explored or their effect is measured."""

    slug: str = Field(description="Permanent name of the benchmark.")
    name: str = Field(description="Name for people.")
    category: str = Field(description="Which of the survey's two tables lists it.")
    area: str = Field(description="What it tests.")
    task_summary: str = Field(description="What the language model has to do.")
    institution: str | None = Field(description="Who made it; null where unknown.")
    release_month: str | None = Field(description="Month as printed in the survey, YYYY-MM; null where absent.")
    paper: PaperRef | None = Field(description="Paper that introduces it; null where there is none.")
    source_url: str | None = Field(description="Address of the data; null where unknown.")
    template_slots: list[str] = Field(description="Parts of its prompt template that vary.")
    conflicts: list[dict[str, Any]] = Field(description="Fields on which sources disagree, with what each says.")
    head_types: list[BenchmarkHeadTypeRecord] = Field(description="Head types that were studied with it.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, benchmark: models.Benchmark, links: Links) -> Self:
        """A benchmark."""
        studied = sorted(benchmark.head_types, key=lambda each: each.head_type.slug)
        return cls.read(
            benchmark,
            paper=PaperRef.of(benchmark.paper, links) if benchmark.paper else None,
            source_url=benchmark.url,
            head_types=[
                BenchmarkHeadTypeRecord(head_type=HeadTypeRef.of(each.head_type, links), basis=each.basis)
                for each in studied
            ],
            url=links.to("benchmarks", benchmark.slug),
        )
