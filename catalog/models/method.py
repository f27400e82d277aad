"""Ways to establish a claim about a head: the survey's tree, with the methods that findings add to it."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, one_of, reference
from catalog.models.paper import Paper
from catalog.vocabulary import MethodLevel


class Method(Base):
    """A node of the tree of methods."""

    __tablename__ = "methods"
    __table_args__ = (one_of("level", MethodLevel),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    level: Mapped[MethodLevel] = mapped_column(String(8))
    parent_id: Mapped[int | None] = reference("methods.id")
    definition: Mapped[str]
    core_operation: Mapped[str | None]
    aliases: Mapped[list[str]]
    is_in_survey: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int]
    note: Mapped[str | None]

    papers: Mapped[list["MethodPaper"]] = relationship(lazy="raise")


class MethodPaper(Base):
    """The survey names a paper as an example of a method."""

    __tablename__ = "method_papers"
    __table_args__ = (
        UniqueConstraint("method_id", "paper_id"),
        CheckConstraint("via IN ('table', 'text')", name="via_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    method_id: Mapped[int] = reference("methods.id")
    paper_id: Mapped[int] = reference("papers.id")
    via: Mapped[str] = mapped_column(String(8))

    paper: Mapped[Paper] = relationship(lazy="raise")
    method: Mapped[Method] = relationship(lazy="raise", back_populates="papers")


class GlossaryTerm(Base):
    """A term of the field that is no method: circuit, residual stream, direct effect …"""

    __tablename__ = "glossary_terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    topic: Mapped[str] = mapped_column(String(32))
    definition: Mapped[str]
    aliases: Mapped[list[str]]
