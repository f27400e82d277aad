"""`crosswalk/<slug>.toml`: another party's taxonomy, entry by entry, beside our head types."""

from typing import Any

from pydantic import Field

from catalog.seed_schema.base import Number, Record, Ref, Slug, Text, Whole
from catalog.vocabulary import Match


class CrosswalkMatchRecord(Record):
    """`[[entries.matches]]`: the name fits a head type, more or less."""

    head_type: Ref
    match: Match
    note: Text | None = None


class ExternalTaxonomyEntryRecord(Record):
    """`[[entries]]`: one name of the other taxonomy; depths are layer over number of layers."""

    slug: Slug
    name: Text
    stack: Text
    depth_category: Text
    depth_low: Number
    depth_high: Number
    aliases: tuple[Text, ...] = ()
    matches: tuple[CrosswalkMatchRecord, ...] = ()


class ExternalTaxonomyRecord(Record):
    """The whole file, with the attribution that the licence asks for."""

    title: Text
    author: Text
    year: Whole
    version: Text
    repository: Text
    commit: Text
    licence: Text
    licence_url: Text
    changes: Text
    notes: dict[str, Any] = Field(default_factory=dict)
    entries: tuple[ExternalTaxonomyEntryRecord, ...]
