"""Data sets with which heads are explored or their effect is measured."""

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, reference
from catalog.models.head_type import HeadType
from catalog.models.paper import Paper


class Benchmark(Base):
    """A row of the survey's two tables of benchmarks."""

    __tablename__ = "benchmarks"
    __table_args__ = (
        CheckConstraint("category IN ('mechanism_exploration', 'common_evaluation')", name="category_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(String(32))
    area: Mapped[str]
    task_summary: Mapped[str]
    institution: Mapped[str | None]
    release_month: Mapped[str | None] = mapped_column(String(7))
    """As printed in the survey, YYYY-MM; `conflicts` says where the paper's own date differs."""
    paper_id: Mapped[int | None] = reference("papers.id")
    url: Mapped[str | None]
    template_slots: Mapped[list[str]]
    conflicts: Mapped[list[dict[str, Any]]]

    paper: Mapped[Paper | None] = relationship(lazy="raise")
    head_types: Mapped[list["BenchmarkHeadType"]] = relationship(lazy="raise")


class BenchmarkHeadType(Base):
    """A head type was studied with a benchmark."""

    __tablename__ = "benchmark_head_types"
    __table_args__ = (UniqueConstraint("benchmark_id", "head_type_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    benchmark_id: Mapped[int] = reference("benchmarks.id")
    head_type_id: Mapped[int] = reference("head_types.id")
    basis: Mapped[str | None]

    head_type: Mapped[HeadType] = relationship(lazy="raise")
