"""`stages.toml`: the four stages, their functions and the graph between them."""

from catalog.seed_schema.base import Flag, Record, Ref, Slug, Text, Whole
from catalog.vocabulary import Stage, Standing


class StageFunctionRecord(Record):
    """`[[stages.functions]]`: a function of the stage, or a kind of one named by `parent`; order of telling."""

    slug: Slug
    name: Text
    definition: Text
    parent: Ref | None = None
    task_formats: tuple[Text, ...] = ()


class StageRecord(Record):
    """`[[stages]]`."""

    slug: Stage
    code: Text
    name: Text
    position: Whole
    definition: Text
    head_role: Text
    human_analogue: Text
    human_analogue_label: Text
    brain_terms: tuple[Text, ...] = ()
    layer_span_first: Text
    layer_span_last: Text
    layer_span_basis: Text
    is_optional: Flag = False
    optional_note: Text | None = None
    functions: tuple[StageFunctionRecord, ...] = ()


class StageTransitionRecord(Record):
    """`[[transitions]]`: a source says that one stage leads, or does not lead, to another."""

    source: Ref
    target: Ref
    standing: Standing
    carries: Text | None = None
    basis: Text
    note: Text | None = None


class StagesFile(Record):
    """The whole file."""

    stages: tuple[StageRecord, ...]
    transitions: tuple[StageTransitionRecord, ...] = ()
