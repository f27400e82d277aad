"""Records of the API (head_type), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.base import Count
from api.client.records.refs import BenchmarkRef, DetectorRef, HeadTypeRef, LanguageModelCount, MechanismRef, PaperRef
from api.client.records.stage import StageAssignment
from api.client.records.vocabulary import Confidence, LayerBand, Match, Origin, Relation, Stage, Status, Tier


@dataclass(frozen=True, slots=True)
class HeadTypeAlias:
    """Another published name."""

    name: str
    """The name as published."""
    source: str
    """Who uses it."""


@dataclass(frozen=True, slots=True)
class HeadType:
    """A kind of attention head named in the literature."""

    accession: str
    """Permanent accession; it never changes and is never given away again."""
    version: int
    """Version of the content; each one stays readable."""
    status: Status
    """Standing of the entry."""
    url: str
    """Address of the entry as it stands."""
    version_url: str
    """Address of exactly this version, frozen with its SHA-256."""
    cite_url: str
    """BibTeX of exactly this version."""
    slug: str
    """Permanent name of the head type."""
    name: str
    """Name for people."""
    definition: str
    """What such a head does."""
    definition_confidence: Confidence
    """How sure the definition is."""
    input_feature: str | None
    """What the head reads; null where the survey does not say."""
    output_feature: str | None
    """What the head writes; null where the survey does not say."""
    task: str | None
    """The one task on which it is defined; null where it is not tied to one."""
    origin: Origin
    """Where the catalog first met it."""
    tier: Tier | None
    """What a detector needs; null where no protocol was written down."""
    note: str | None
    """What else is to know; null where nothing is."""
    aliases: list[HeadTypeAlias]
    """Other published names."""
    stages: list[Stage]
    """Stages to which any source assigns it; sources may disagree."""
    n_findings: int
    """Findings on it that stand."""
    n_language_models: int
    """Language models in which it was claimed."""


@dataclass(frozen=True, slots=True)
class HeadTypeLayerRange:
    """A part of the depth in which a source places the type."""

    band: LayerBand
    """Third of the depth."""
    basis: str
    """Figure or sentence of the survey."""


@dataclass(frozen=True, slots=True)
class HeadTypePaper:
    """A paper that describes the type, or uses its name in another sense."""

    paper: PaperRef
    """The paper."""
    via: list[str]
    """Where the link was read: taxonomy figure, text, repository tag, finding."""
    sense: str
    """`same`, or `other` where the paper means something else by the name."""
    note: str | None
    """What else is to know; null where nothing is."""


@dataclass(frozen=True, slots=True)
class HeadTypeFamily:
    """A family of language models in which a source saw the type."""

    family: str
    """The family."""
    basis: str
    """Where that was read."""
    is_disputed: bool
    """Whether another source denies it."""


@dataclass(frozen=True, slots=True)
class HeadTypeRelation:
    """How the type relates to another; read as `this relation other`, or `other relation this` if incoming."""

    relation: Relation
    """The relation."""
    other: HeadTypeRef
    """The other type."""
    is_incoming: bool
    """Whether the relation is stated from the other type's side."""
    basis: str
    """Where that was read."""
    note: str | None
    """What else is to know; null where nothing is."""


@dataclass(frozen=True, slots=True)
class HeadTypeCrosswalk:
    """A name of another taxonomy that fits the type."""

    slug: str
    """Permanent name of the entry."""
    name: str
    """The name."""
    match: Match
    """How well it fits."""
    note: str | None
    """What else is to know; null where nothing is."""


@dataclass(frozen=True, slots=True)
class HeadTypeDetail:
    """One head type with all that is known of it."""

    accession: str
    """Permanent accession; it never changes and is never given away again."""
    version: int
    """Version of the content; each one stays readable."""
    status: Status
    """Standing of the entry."""
    url: str
    """Address of the entry as it stands."""
    version_url: str
    """Address of exactly this version, frozen with its SHA-256."""
    cite_url: str
    """BibTeX of exactly this version."""
    slug: str
    """Permanent name of the head type."""
    name: str
    """Name for people."""
    definition: str
    """What such a head does."""
    definition_confidence: Confidence
    """How sure the definition is."""
    input_feature: str | None
    """What the head reads; null where the survey does not say."""
    output_feature: str | None
    """What the head writes; null where the survey does not say."""
    task: str | None
    """The one task on which it is defined; null where it is not tied to one."""
    origin: Origin
    """Where the catalog first met it."""
    tier: Tier | None
    """What a detector needs; null where no protocol was written down."""
    note: str | None
    """What else is to know; null where nothing is."""
    aliases: list[HeadTypeAlias]
    """Other published names."""
    stages: list[Stage]
    """Stages to which any source assigns it; sources may disagree."""
    n_findings: int
    """Findings on it that stand."""
    n_language_models: int
    """Language models in which it was claimed."""
    assignments: list[StageAssignment]
    """Which source puts it into which stage."""
    layer_ranges: list[HeadTypeLayerRange]
    """Where in the depth sources place it."""
    papers: list[HeadTypePaper]
    """Papers that describe it."""
    families: list[HeadTypeFamily]
    """Families in which sources saw it."""
    relations: list[HeadTypeRelation]
    """Relations to other types, both ways."""
    benchmarks: list[BenchmarkRef]
    """Benchmarks with which it was studied."""
    mechanisms: list[MechanismRef]
    """Mechanisms in which it acts."""
    crosswalk: list[HeadTypeCrosswalk]
    """Names of other taxonomies that fit it."""
    detectors: list[DetectorRef]
    """Code that tests for it, all versions."""
    findings_by_language_model: list[LanguageModelCount]
    """Findings, counted by language model."""
    verdicts: list[Count]
    """Latest verdicts of its verified findings, counted."""
