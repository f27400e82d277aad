"""What the JSON of a resolved name, and of a search in texts, holds."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from catalog.queries.resolve import Meaning, NamedKind, Resolution
from catalog.queries.text_search import TextHit, TextKind

_COLLECTIONS: Mapping[str, str] = {
    "head_type": "head-types",
    "language_model": "language-models",
    "paper": "papers",
    "method": "methods",
    "metric": "metrics",
    "detector": "detectors",
    "circuit": "circuits",
    "finding": "findings",
    "verification": "verifications",
}


class MeaningRecord(Record):
    """One thing that a name can mean."""

    kind: NamedKind = Field(description="What kind of record it is.")
    key: str = Field(description="Its slug or accession; a head as `L5H1`.")
    name: str = Field(description="Name for people.")
    via: str = Field(description="How the name leads there.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, meaning: Meaning, links: Links) -> Self:
        """A meaning of a name."""
        if meaning.kind is NamedKind.HEAD:
            url = links.to("language-models", meaning.key[0], "heads", meaning.key[1])
        else:
            url = links.to(_COLLECTIONS[meaning.kind], *meaning.key)
        return cls(kind=meaning.kind, key=meaning.key[-1], name=meaning.name, via=meaning.via, url=url)


class ResolutionRecord(Record):
    """Everything that a name can mean."""

    q: str = Field(description="The name that was asked for.")
    is_ambiguous: bool = Field(description="Whether it can mean several things of one kind, or of several kinds.")
    meanings: list[MeaningRecord] = Field(description="What it can mean, surest kind first; empty where nothing.")
    near: list[str] = Field(description="Names that look like it, where it means nothing.")

    @classmethod
    def of(cls, name: str, resolution: Resolution, links: Links) -> Self:
        """A resolved name."""
        return cls(
            q=name,
            is_ambiguous=len(resolution.meanings) > 1,
            meanings=[MeaningRecord.of(each, links) for each in resolution.meanings],
            near=resolution.near,
        )


class TextHitRecord(Record):
    """A record whose text holds the words."""

    kind: TextKind = Field(description="What kind of record it is.")
    key: str = Field(description="Its slug or accession.")
    name: str = Field(description="Name for people.")
    rank: float = Field(description="How well it answers, larger is better; comparable within this answer only.")
    url: str = Field(description="Address of the record.")


class TextSearchRecord(Record):
    """Records whose text holds the words, best first."""

    q: str = Field(description="The words that were asked for.")
    hits: list[TextHitRecord] = Field(description="Records, best first, at most `limit`.")
    n_found: list[Count] = Field(description="All records that match, counted by kind.")

    @classmethod
    def of(cls, question: str, hits: list[TextHit], found: Mapping[TextKind, int], links: Links) -> Self:
        """The answer to some words."""
        return cls(
            q=question,
            hits=[
                TextHitRecord(
                    kind=hit.kind,
                    key=hit.key,
                    name=hit.name,
                    rank=hit.rank,
                    url=links.to(_COLLECTIONS[hit.kind], hit.key),
                )
                for hit in hits
            ],
            n_found=counts(found),
        )
