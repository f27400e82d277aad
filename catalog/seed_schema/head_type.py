"""`head_types/<slug>.toml`: one kind of head, with its names, places in the depth, papers, relations and stages."""

from typing import Literal, Self

from pydantic import model_validator

from catalog.seed_schema.base import CitableRecord, Flag, HeadTypeAccession, Record, Ref, Text
from catalog.vocabulary import Confidence, LayerBand, Origin, Relation, Tier


class AliasRecord(Record):
    """`[[aliases]]`: another published name; its normalised form is computed."""

    name: Text
    source: Text


class LayerRangeRecord(Record):
    """`[[layer_ranges]]`: a source places the type in a third of the depth."""

    band: LayerBand
    basis: Text


class HeadTypePaperRecord(Record):
    """`[[papers]]`: a paper describes the type, or uses its name in another sense."""

    paper: Ref
    via: tuple[Text, ...]
    sense: Literal["same", "other"] = "same"
    note: Text | None = None


class HeadTypeFamilyRecord(Record):
    """`[[families]]`: seen in a family of language models."""

    family: Text
    basis: Text
    is_disputed: Flag = False


class RelationRecord(Record):
    """`[[relations]]`: this type `relation` the target."""

    target: Ref
    relation: Relation
    basis: Literal["survey_text", "survey_figure", "readme", "paper", "curator"]
    note: Text | None = None


class StageAssignmentRecord(Record):
    """`[[stage_assignments]]`: a paper, or the curators, put the type into a stage."""

    stage: Ref
    stage_function: Ref | None = None
    asserted_by: Literal["paper", "curator"]
    paper: Ref | None = None
    basis: Text
    confidence: Confidence = Confidence.HIGH

    @model_validator(mode="after")
    def _paper_or_curator(self) -> Self:
        if (self.asserted_by == "paper") != (self.paper is not None):
            raise ValueError("an assignment by a paper names it, one by a curator names none")
        return self


class HeadTypeRecord(CitableRecord):
    """The whole file; a type without any stage says `no stage` and why in its note."""

    accession: HeadTypeAccession
    name: Text
    definition: Text
    definition_confidence: Confidence
    input_feature: Text | None = None
    output_feature: Text | None = None
    task: Text | None = None
    origin: Origin
    tier: Tier | None = None
    note: Text | None = None
    aliases: tuple[AliasRecord, ...] = ()
    layer_ranges: tuple[LayerRangeRecord, ...] = ()
    papers: tuple[HeadTypePaperRecord, ...] = ()
    families: tuple[HeadTypeFamilyRecord, ...] = ()
    relations: tuple[RelationRecord, ...] = ()
    stage_assignments: tuple[StageAssignmentRecord, ...] = ()
