"""What the JSON of a stage holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadTypeRef, PaperRef, StageRef
from catalog import models
from catalog.queries.stage import StageDetail
from catalog.vocabulary import Confidence, Stage, Standing


class StageFunctionRecord(Record):
    """A sub-function of a stage."""

    slug: str = Field(description="Permanent name of the function.")
    name: str = Field(description="Name for people.")
    definition: str = Field(description="What the function does.")
    parent: str | None = Field(description="Slug of the function of which this is a kind; null for the eleven.")
    task_formats: list[str] = Field(description="Forms of task in which it shows.")


class StageTransitionRecord(Record):
    """A source says that one stage leads, or does not lead, to another."""

    source: Stage = Field(description="Stage that comes before.")
    target: Stage = Field(description="Stage that follows.")
    standing: Standing = Field(description="Whether the transition is stated, disputed or said to be absent.")
    carries: str | None = Field(description="What is handed on; null where the source does not say.")
    basis: str = Field(description="Figure or sentence of the source.")
    note: str | None = Field(description="What else is to know; null where nothing is.")

    @classmethod
    def of(cls, transition: models.StageTransition, links: Links) -> Self:
        """A transition."""
        return cls.read(transition, source=transition.source.slug, target=transition.target.slug)


class StageAssignmentRecord(Record):
    """A source puts a head type into a stage. Sources disagree, and all rows stand."""

    head_type: HeadTypeRef = Field(description="The head type.")
    stage: StageRef = Field(description="The stage.")
    stage_function: str | None = Field(description="Slug of the function within the stage; null where none is named.")
    asserted_by: str = Field(description="`paper`, or `curator` where no paper makes the assignment.")
    paper: PaperRef | None = Field(description="Who makes the assignment; null for curators.")
    basis: str = Field(description="Figure, table or sentence of the source.")
    confidence: Confidence = Field(description="How sure the assignment is.")

    @classmethod
    def of(cls, assignment: models.StageAssignment, links: Links) -> Self:
        """An assignment."""
        function = assignment.stage_function
        return cls.read(
            assignment,
            head_type=HeadTypeRef.of(assignment.head_type, links),
            stage=StageRef.of(assignment.stage, links),
            stage_function=function.slug if function else None,
            paper=PaperRef.of(assignment.paper, links) if assignment.paper else None,
        )


class StageRecord(Record):
    """One of the four stages of reasoning."""

    slug: Stage = Field(description="Permanent name of the stage.")
    code: str = Field(description="The survey's abbreviation.")
    name: str = Field(description="Name for people.")
    position: int = Field(description="Order of telling, from one; the stages form a graph, not a line.")
    definition: str = Field(description="What happens in the stage.")
    head_role: str = Field(description="What heads do in it.")
    human_analogue: str = Field(description="What people do that compares to it.")
    human_analogue_label: str = Field(description="The analogue in a few words.")
    brain_terms: list[str] = Field(description="Parts of the brain that the survey names beside it.")
    layer_span_first: str = Field(description="Where in the depth it begins.")
    layer_span_last: str = Field(description="Where in the depth it ends.")
    layer_span_basis: str = Field(description="Where that was read.")
    is_optional: bool = Field(description="Whether a task may do without it.")
    optional_note: str | None = Field(description="When it may be skipped; null where it may not.")
    functions: list[StageFunctionRecord] = Field(description="Sub-functions, in order.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, stage: models.Stage, links: Links) -> Self:
        """A stage with its functions."""
        names = {function.id: function.slug for function in stage.functions}
        functions = [
            StageFunctionRecord.read(each, parent=names[each.parent_id] if each.parent_id else None)
            for each in stage.functions
        ]
        return cls.read(stage, functions=functions, url=links.to("stages", stage.slug))


class StageDetailRecord(StageRecord):
    """One stage with its place in the graph and its head types."""

    transitions: list[StageTransitionRecord] = Field(description="Edges from and to this stage.")
    assignments: list[StageAssignmentRecord] = Field(description="Head types that sources put here.")

    @classmethod
    def from_detail(cls, detail: StageDetail, links: Links) -> Self:
        """A stage with all that bears on it."""
        return cls(
            **dict(StageRecord.of(detail.stage, links)),
            transitions=[StageTransitionRecord.of(each, links) for each in detail.transitions],
            assignments=[StageAssignmentRecord.of(each, links) for each in detail.assignments],
        )
