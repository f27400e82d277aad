"""`methods.toml`: the tree of methods, in order of telling, and the glossary."""

from typing import Literal

from catalog.seed_schema.base import Flag, Record, Ref, Slug, Text
from catalog.vocabulary import MethodLevel


class MethodPaperRecord(Record):
    """`papers = [{paper = "…", via = "table"}]`: the survey names a paper as an example."""

    paper: Ref
    via: Literal["table", "text"]


class MethodRecord(Record):
    """`[[methods]]`; a node stands after its parent."""

    slug: Slug
    name: Text
    level: MethodLevel
    parent: Ref | None = None
    definition: Text
    core_operation: Text | None = None
    aliases: tuple[Text, ...] = ()
    is_in_survey: Flag = True
    note: Text | None = None
    papers: tuple[MethodPaperRecord, ...] = ()


class GlossaryTermRecord(Record):
    """`[[glossary]]`: a term of the field that is no method."""

    slug: Slug
    name: Text
    topic: Text
    definition: Text
    aliases: tuple[Text, ...] = ()


class MethodsFile(Record):
    """The whole file."""

    methods: tuple[MethodRecord, ...]
    glossary: tuple[GlossaryTermRecord, ...] = ()
