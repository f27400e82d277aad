"""`benchmarks.toml`: the survey's tables of benchmarks."""

from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.seed_schema.base import Record, Ref, Slug, Text


class BenchmarkHeadTypeRecord(Record):
    """`[[benchmarks.head_types]]`: a head type was studied with the benchmark."""

    head_type: Ref
    basis: Text | None = None


class BenchmarkRecord(Record):
    """`[[benchmarks]]`."""

    slug: Slug
    name: Text
    category: Literal["mechanism_exploration", "common_evaluation"]
    area: Text
    task_summary: Text
    institution: Text | None = None
    release_month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")] | None = None
    paper: Ref | None = None
    url: Text | None = None
    template_slots: tuple[Text, ...] = ()
    conflicts: tuple[dict[str, Any], ...] = ()
    head_types: tuple[BenchmarkHeadTypeRecord, ...] = ()


class BenchmarksFile(Record):
    """The whole file."""

    benchmarks: tuple[BenchmarkRecord, ...]
