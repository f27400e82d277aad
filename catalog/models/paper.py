"""Sources: papers, posts, repositories."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base


class Paper(Base):
    """A source. Most are papers; posts and repositories count too."""

    __tablename__ = "papers"
    __table_args__ = (
        CheckConstraint("year BETWEEN 1900 AND 2100", name="year_plausible"),
        Index("ix_papers_year", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(96), unique=True)
    title: Mapped[str]
    authors: Mapped[list[str]]
    """Full names in order; empty where no source read so far lists them."""
    year: Mapped[int | None]
    published_on: Mapped[date | None]
    venue: Mapped[str | None]
    entry_type: Mapped[str] = mapped_column(String(24), default="misc")
    """BibTeX type: article, inproceedings, misc, book …"""
    arxiv_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    doi: Mapped[str | None] = mapped_column(String(128), unique=True)
    openreview_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    acl_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    url: Mapped[str | None]
    pages: Mapped[str | None]
    volume: Mapped[str | None]
    bib_key: Mapped[str | None] = mapped_column(String(96))
    """Key in the survey's bibliography."""
    links: Mapped[list[dict[str, Any]]]
    code_urls: Mapped[list[str]]
    is_cited_in_survey: Mapped[bool] = mapped_column(default=False)
    is_in_survey_repository: Mapped[bool] = mapped_column(default=False)
    conflicts: Mapped[list[dict[str, Any]]]
    """Fields on which two sources disagree, with what each says."""
