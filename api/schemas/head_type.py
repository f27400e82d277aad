"""What the JSON of a head type holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Count, Entry, Links, Record, counts
from api.schemas.refs import BenchmarkRef, DetectorRef, HeadTypeRef, LanguageModelCount, MechanismRef, PaperRef
from api.schemas.stage import StageAssignmentRecord
from catalog import models
from catalog.queries.head_type import HeadTypeDetail, HeadTypeRow
from catalog.vocabulary import Confidence, LayerBand, Match, Origin, Relation, Stage, Tier


class HeadTypeAliasRecord(Record):
    """Another published name."""

    name: str = Field(description="The name as published.")
    source: str = Field(description="Who uses it.")


class HeadTypeRecord(Entry):
    """A kind of attention head named in the literature."""

    slug: str = Field(description="Permanent name of the head type.")
    name: str = Field(description="Name for people.")
    definition: str = Field(description="What such a head does.")
    definition_confidence: Confidence = Field(description="How sure the definition is.")
    input_feature: str | None = Field(description="What the head reads; null where the survey does not say.")
    output_feature: str | None = Field(description="What the head writes; null where the survey does not say.")
    task: str | None = Field(description="The one task on which it is defined; null where it is not tied to one.")
    origin: Origin = Field(description="Where the catalog first met it.")
    tier: Tier | None = Field(description="What a detector needs; null where no protocol was written down.")
    note: str | None = Field(description="What else is to know; null where nothing is.")
    aliases: list[HeadTypeAliasRecord] = Field(description="Other published names.")
    stages: list[Stage] = Field(description="Stages to which any source assigns it; sources may disagree.")
    n_findings: int = Field(description="Findings on it that stand.", ge=0)
    n_language_models: int = Field(description="Language models in which it was claimed.", ge=0)

    @classmethod
    def of(cls, row: HeadTypeRow, links: Links) -> Self:
        """A head type in a list."""
        return cls.read(row.head_type, **_common(row, links))


class HeadTypeLayerRangeRecord(Record):
    """A part of the depth in which a source places the type."""

    band: LayerBand = Field(description="Third of the depth.")
    basis: str = Field(description="Figure or sentence of the survey.")


class HeadTypePaperRecord(Record):
    """A paper that describes the type, or uses its name in another sense."""

    paper: PaperRef = Field(description="The paper.")
    via: list[str] = Field(description="Where the link was read: taxonomy figure, text, repository tag, finding.")
    sense: str = Field(description="`same`, or `other` where the paper means something else by the name.")
    note: str | None = Field(description="What else is to know; null where nothing is.")


class HeadTypeFamilyRecord(Record):
    """A family of language models in which a source saw the type."""

    family: str = Field(description="The family.")
    basis: str = Field(description="Where that was read.")
    is_disputed: bool = Field(description="Whether another source denies it.")


class HeadTypeRelationRecord(Record):
    """How the type relates to another; read as `this relation other`, or `other relation this` if incoming."""

    relation: Relation = Field(description="The relation.")
    other: HeadTypeRef = Field(description="The other type.")
    is_incoming: bool = Field(description="Whether the relation is stated from the other type's side.")
    basis: str = Field(description="Where that was read.")
    note: str | None = Field(description="What else is to know; null where nothing is.")


class HeadTypeCrosswalkRecord(Record):
    """A name of another taxonomy that fits the type."""

    slug: str = Field(description="Permanent name of the entry.")
    name: str = Field(description="The name.")
    match: Match = Field(description="How well it fits.")
    note: str | None = Field(description="What else is to know; null where nothing is.")


class HeadTypeDetailRecord(HeadTypeRecord):
    """One head type with all that is known of it."""

    assignments: list[StageAssignmentRecord] = Field(description="Which source puts it into which stage.")
    layer_ranges: list[HeadTypeLayerRangeRecord] = Field(description="Where in the depth sources place it.")
    papers: list[HeadTypePaperRecord] = Field(description="Papers that describe it.")
    families: list[HeadTypeFamilyRecord] = Field(description="Families in which sources saw it.")
    relations: list[HeadTypeRelationRecord] = Field(description="Relations to other types, both ways.")
    benchmarks: list[BenchmarkRef] = Field(description="Benchmarks with which it was studied.")
    mechanisms: list[MechanismRef] = Field(description="Mechanisms in which it acts.")
    crosswalk: list[HeadTypeCrosswalkRecord] = Field(description="Names of other taxonomies that fit it.")
    detectors: list[DetectorRef] = Field(description="Code that tests for it, all versions.")
    findings_by_language_model: list[LanguageModelCount] = Field(description="Findings, counted by language model.")
    verdicts: list[Count] = Field(description="Latest verdicts of its verified findings, counted.")

    @classmethod
    def from_detail(cls, detail: HeadTypeDetail, links: Links) -> Self:
        """A head type with all that bears on it."""
        head_type = detail.head_type
        by_model = detail.findings_by_language_model
        row = HeadTypeRow(head_type, detail.assignments, detail.n_findings, len(by_model))
        return cls.read(
            head_type,
            **_common(row, links),
            assignments=[StageAssignmentRecord.of(each, links) for each in detail.assignments],
            papers=[HeadTypePaperRecord.read(each, paper=PaperRef.of(each.paper, links)) for each in head_type.papers],
            relations=_relations(head_type, links),
            benchmarks=[BenchmarkRef.of(each, links) for each in detail.benchmarks],
            mechanisms=[MechanismRef.of(each, links) for each in detail.mechanisms],
            crosswalk=[
                HeadTypeCrosswalkRecord.read(each, slug=each.entry.slug, name=each.entry.name)
                for each in detail.crosswalk
            ],
            detectors=[DetectorRef.of(each, links) for each in detail.detectors],
            findings_by_language_model=[LanguageModelCount.of(each, links) for each in by_model],
            verdicts=counts(detail.verdicts),
        )


def _common(row: HeadTypeRow, links: Links) -> dict[str, object]:
    return {
        **links.entry("head-types", row.head_type.slug, row.head_type),
        "stages": list(dict.fromkeys(each.stage.slug for each in row.assignments)),
        "n_findings": row.n_findings,
        "n_language_models": row.n_language_models,
    }


def _relations(head_type: models.HeadType, links: Links) -> list[HeadTypeRelationRecord]:
    outgoing = [(each, each.target, False) for each in head_type.relations]
    incoming = [(each, each.source, True) for each in head_type.incoming_relations]
    return [
        HeadTypeRelationRecord.read(relation, other=HeadTypeRef.of(other, links), is_incoming=is_incoming)
        for relation, other, is_incoming in outgoing + incoming
    ]
