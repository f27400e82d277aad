"""What the JSON of a crosswalk holds."""

from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, PageOf, Record
from api.schemas.refs import HeadTypeRef
from catalog import models
from catalog.vocabulary import Match


class CrosswalkRecord(Record):
    """A taxonomy of another party, with the attribution that its licence asks for."""

    slug: str = Field(description="Permanent name of the taxonomy.")
    title: str = Field(description="Title.")
    author: str = Field(description="Who made it.")
    year: int = Field(description="Year.")
    version: str = Field(description="Version that was read.")
    repository: str = Field(description="Where it was read.")
    commit: str = Field(description="Commit that was read.")
    licence: str = Field(description="Licence.")
    licence_url: str = Field(description="Text of the licence.")
    changes: str = Field(description="What was changed, as the licence asks to say.")
    notes: dict[str, Any] = Field(description="What else is to know.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, taxonomy: models.ExternalTaxonomy, links: Links) -> Self:
        """A taxonomy."""
        return cls.read(taxonomy, url=links.to("crosswalks", taxonomy.slug))


class CrosswalkMatchRecord(Record):
    """A head type that a name fits."""

    head_type: HeadTypeRef = Field(description="The head type.")
    match: Match = Field(description="How well the name fits.")
    note: str | None = Field(description="What else is to know; null where nothing is.")

    @classmethod
    def of(cls, match: models.CrosswalkMatch, links: Links) -> Self:
        """A match seen from the name."""
        return cls.read(match, head_type=HeadTypeRef.of(match.head_type, links))


class CrosswalkEntryRecord(Record):
    """One name of another taxonomy."""

    slug: str = Field(description="Permanent name of the entry.")
    name: str = Field(description="The name.")
    stack: str = Field(description="Group in which the taxonomy lists it.")
    depth_category: str = Field(description="Depth in words.")
    depth_low: float = Field(description="Lowest layer over the number of layers.")
    depth_high: float = Field(description="Highest layer over the number of layers.")
    aliases: list[str] = Field(description="Other names that the taxonomy gives.")
    matches: list[CrosswalkMatchRecord] = Field(description="Head types that it fits; empty where none does.")

    @classmethod
    def of(cls, entry: models.ExternalTaxonomyEntry, links: Links) -> Self:
        """A name with what it matches."""
        return cls.read(entry, matches=[CrosswalkMatchRecord.of(each, links) for each in entry.matches])


class CrosswalkDetailRecord(CrosswalkRecord):
    """One taxonomy with a page of its names."""

    entries: PageOf[CrosswalkEntryRecord] = Field(description="Names, paged.")
