"""What the JSON of a mechanism holds."""

from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadTypeRef, PaperRef, StageRef
from catalog import models


class MechanismStepRecord(Record):
    """One step of a mechanism."""

    position: int = Field(description="Place in the order, from one.")
    does: str = Field(description="What happens.")
    reads: str | None = Field(description="What is read; null where the source does not say.")
    writes: str | None = Field(description="What is written; null where the source does not say.")
    is_optional: bool = Field(description="Whether the step may be skipped.")
    basis: str | None = Field(description="Where it was read; null where it was not noted.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    stages: list[StageRef] = Field(description="Stages that the step spans.")
    head_types: list[HeadTypeRef] = Field(description="Head types that act in it.")

    @classmethod
    def of(cls, step: models.MechanismStep, links: Links) -> Self:
        """A step."""
        return cls.read(
            step,
            stages=[StageRef.of(each.stage, links) for each in step.stages],
            head_types=[HeadTypeRef.of(each.head_type, links) for each in step.head_types],
        )


class MechanismRecord(Record):
    """How head types work together on a task, as ordered steps."""

    slug: str = Field(description="Permanent name of the mechanism.")
    name: str = Field(description="Name for people.")
    task: str = Field(description="The task.")
    language_models: list[str] = Field(description="Language models, as the survey names them.")
    basis: str = Field(description="Where it was read.")
    example: dict[str, Any] | None = Field(description="Worked example; null where there is none.")
    variant: dict[str, Any] | None = Field(description="Another telling in the same source; null where there is none.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    steps: list[MechanismStepRecord] = Field(description="Steps in order.")
    papers: list[PaperRef] = Field(description="Papers behind it.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, mechanism: models.Mechanism, links: Links) -> Self:
        """A mechanism."""
        return cls.read(
            mechanism,
            steps=[MechanismStepRecord.of(each, links) for each in mechanism.steps],
            papers=[PaperRef.of(each.paper, links) for each in mechanism.papers],
            url=links.to("mechanisms", mechanism.slug),
        )
