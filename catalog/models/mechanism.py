"""How head types work together on a task, as ordered steps."""

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, reference
from catalog.models.head_type import HeadType
from catalog.models.paper import Paper
from catalog.models.stage import Stage


class Mechanism(Base):
    """A walk-through of several head types on one task."""

    __tablename__ = "mechanisms"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    task: Mapped[str]
    language_models: Mapped[list[str]]
    """As the survey names them."""
    basis: Mapped[str]
    example: Mapped[dict[str, Any] | None]
    variant: Mapped[dict[str, Any] | None]
    """Another telling of the same mechanism in the same source, where the two differ."""
    note: Mapped[str | None]

    steps: Mapped[list["MechanismStep"]] = relationship(lazy="raise", order_by="MechanismStep.position")
    papers: Mapped[list["MechanismPaper"]] = relationship(lazy="raise")


class MechanismStep(Base):
    """One step of a mechanism: which head types read what and write what."""

    __tablename__ = "mechanism_steps"
    __table_args__ = (
        UniqueConstraint("mechanism_id", "position"),
        CheckConstraint("position >= 1", name="position_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mechanism_id: Mapped[int] = reference("mechanisms.id")
    position: Mapped[int]
    does: Mapped[str]
    reads: Mapped[str | None]
    writes: Mapped[str | None]
    is_optional: Mapped[bool] = mapped_column(default=False)
    basis: Mapped[str | None]
    note: Mapped[str | None]

    stages: Mapped[list["MechanismStepStage"]] = relationship(lazy="raise")
    head_types: Mapped[list["MechanismStepHeadType"]] = relationship(lazy="raise")


class MechanismStepStage(Base):
    """A step happens in a stage; one step may span two."""

    __tablename__ = "mechanism_step_stages"

    step_id: Mapped[int] = reference("mechanism_steps.id", index=False, primary_key=True)
    stage_id: Mapped[int] = reference("stages.id", primary_key=True)

    stage: Mapped[Stage] = relationship(lazy="raise")


class MechanismStepHeadType(Base):
    """A head type acts in a step."""

    __tablename__ = "mechanism_step_head_types"

    step_id: Mapped[int] = reference("mechanism_steps.id", index=False, primary_key=True)
    head_type_id: Mapped[int] = reference("head_types.id", primary_key=True)

    head_type: Mapped[HeadType] = relationship(lazy="raise")


class MechanismPaper(Base):
    """A paper behind a mechanism."""

    __tablename__ = "mechanism_papers"

    mechanism_id: Mapped[int] = reference("mechanisms.id", index=False, primary_key=True)
    paper_id: Mapped[int] = reference("papers.id", primary_key=True)

    paper: Mapped[Paper] = relationship(lazy="raise")
