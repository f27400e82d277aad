"""Parallels between language models and people that the survey lists."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, reference
from catalog.models.paper import Paper


class HumanAnalogue(Base):
    """A paper draws a parallel between a language model and human cognition."""

    __tablename__ = "human_analogues"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    analogue: Mapped[str]
    """The human side: metacognition, primacy and recency …"""
    statement: Mapped[str]
    paper_id: Mapped[int] = reference("papers.id")

    paper: Mapped[Paper] = relationship(lazy="raise")
    analogue_papers: Mapped[list["HumanAnaloguePaper"]] = relationship(lazy="raise")


class HumanAnaloguePaper(Base):
    """Work on people that backs the human side of an analogue."""

    __tablename__ = "human_analogue_papers"
    __table_args__ = (UniqueConstraint("human_analogue_id", "paper_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    human_analogue_id: Mapped[int] = reference("human_analogues.id")
    paper_id: Mapped[int] = reference("papers.id")

    paper: Mapped[Paper] = relationship(lazy="raise")
