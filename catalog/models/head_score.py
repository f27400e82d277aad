"""Numbers per head: published tables, and what our own runs measured."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, index_range, one_of, reference
from catalog.models.language_model import LanguageModel
from catalog.models.metric import Metric
from catalog.models.paper import Paper
from catalog.models.scan_run import ScanRun
from catalog.vocabulary import Unit

LAYERS_WITHOUT_HEADS = "layers_without_heads"
"""Key of a table's details: layers of its language model that have no heads, so that no row is missing there."""


class HeadScoreTable(Base):
    """One metric over the heads of one language model, from one source: a publication or a run of ours."""

    __tablename__ = "head_score_tables"
    __table_args__ = (
        one_of("unit", Unit),
        CheckConstraint("(paper_id IS NULL) <> (scan_run_id IS NULL)", name="published_or_measured"),
        CheckConstraint("n_rows >= 0", name="n_rows_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    language_model_id: Mapped[int] = reference("language_models.id")
    metric_id: Mapped[int] = reference("metrics.id")
    unit: Mapped[Unit] = mapped_column(String(16))
    paper_id: Mapped[int | None] = reference("papers.id")
    scan_run_id: Mapped[int | None] = reference("scan_runs.id")
    repository: Mapped[str | None]
    path: Mapped[str | None]
    """File in the repository."""
    commit: Mapped[str | None] = mapped_column(String(64))
    licence: Mapped[str | None]
    """As the repository states it; empty where it states none, which the catalog shows."""
    licence_note: Mapped[str | None]
    n_rows: Mapped[int]
    is_complete: Mapped[bool]
    """Whether every head of the language model has a row."""
    value_note: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    """What else the source says of the table: context length, number of samples, chance level …

    Of a run of ours on a hybrid, under LAYERS_WITHOUT_HEADS, the layers that have no attention.
    """

    language_model: Mapped[LanguageModel] = relationship(lazy="raise")
    metric: Mapped[Metric] = relationship(lazy="raise")
    paper: Mapped[Paper | None] = relationship(lazy="raise")
    scan_run: Mapped[ScanRun | None] = relationship(lazy="raise")


class HeadScore(Base):
    """The number of one head in one table. A score that was not computed has no row."""

    __tablename__ = "head_scores"
    __table_args__ = (*index_range("layer", "head"), Index("ix_head_scores_score", "table_id", "score"))

    table_id: Mapped[int] = mapped_column(
        ForeignKey("head_score_tables.id", ondelete="RESTRICT"), primary_key=True, autoincrement=False
    )
    layer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    head: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    score: Mapped[float | None]
    """Empty only where the source's row holds a category alone."""
    n: Mapped[int | None]
    """Observations behind the score, where stated."""
    details: Mapped[dict[str, Any] | None]
    """Further columns of the source, or interval and adjusted p of ours."""
