"""What the JSON of a list of heads holds."""

import json
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import HeadTypeRef, LanguageModelRef
from catalog.head_lists.convert import MEANINGS, Conversion
from catalog.models.head_list import HeadListVersion
from catalog.vocabulary import HeadListBasis, Polarity, SourceKind, Status, Unit, Verdict


class HeadListRef(Record):
    """A list of heads, without the heads."""

    language_model: LanguageModelRef = Field(description="The language model.")
    head_type: HeadTypeRef = Field(description="The head type.")
    unit: Unit = Field(description="What the head index counts.")
    basis: HeadListBasis = Field(description="Which heads are counted; the list itself states the rule.")
    n_heads: int = Field(description="Heads on the list.", ge=0)
    version: str = Field(description="Name of the version; equal content has the same name in every installation.")
    content_sha256: str = Field(description="SHA-256 of the frozen list as canonical JSON.")
    created_at: datetime = Field(description="When the version was frozen here, UTC.")
    url: str = Field(description="Address of the list as it stands.")
    version_url: str = Field(description="Address of exactly this version; it may be kept for ever.")

    @classmethod
    def of(cls, found: HeadListVersion, links: Links) -> Self:
        """A list in an index."""
        return cls.read(found, **list_addresses(found, links))


class HeadListClaim(Record):
    """A claim that bears on a head of the list."""

    accession: str = Field(description="Accession of the finding, with its version.")
    polarity: Polarity = Field(description="Whether the source says is, or is not.")
    status: Status = Field(description="Standing of the claim.")
    paper: str = Field(description="Slug of the source.")
    source_kind: SourceKind = Field(description="What was read to record the claim.")
    metric: str | None = Field(description="Slug of the metric, where the claim has a number.")
    value: float | None = Field(description="Published value.")
    verdict: Verdict | None = Field(description="Verdict of the latest re-run; null where nobody re-ran it here.")
    grade: int | None = Field(description="Evidence grade of that re-run, 0 to 4.")


class ListedHead(Record):
    """A head on the list."""

    name: str = Field(description="`L5H1`; the index counts what `unit` says.")
    layer: int = Field(description="Layer, from zero.", ge=0)
    head: int = Field(description="Head or key-value group, from zero.", ge=0)
    claims: list[HeadListClaim] = Field(description="All standing claims on it, for and against.")
    stands_for: list[str] = Field(description="After a conversion: heads of the frozen list that put it here.")


class HeadLeftOut(Record):
    """A head that somebody wrote about and that is not on the list."""

    name: str = Field(description="`L5H1`, in the unit of the frozen list.")
    layer: int = Field(description="Layer, from zero.", ge=0)
    head: int = Field(description="Head or key-value group, from zero.", ge=0)
    reason: str = Field(description="Why it is not on the list.")
    claims: list[str] = Field(description="Accessions of the findings, with their versions.")


class ConversionRecord(Record):
    """How the list was turned from one unit into the other."""

    rule: Conversion = Field(description="Name of the rule, as asked for.")
    meaning: str = Field(description="The rule in a sentence.")
    from_unit: Unit = Field(description="Unit of the frozen list.")


class HeadListRecord(HeadListRef):
    """Heads of one type in one language model, counted by a stated rule."""

    rule: str = Field(description="The rule of the basis in a sentence.")
    conversion: ConversionRecord | None = Field(description="Null where the list is in the unit of the claims.")
    n_layers: int = Field(description="Layers of the language model.")
    n_query_heads: int = Field(description="Query heads of a layer.")
    n_kv_heads: int | None = Field(description="Key-value groups of a layer, where recorded.")
    heads: list[ListedHead] = Field(description="By layer and head; order is no rank.")
    left_out: list[HeadLeftOut] = Field(description="Heads that claims speak of and the rule leaves out.")

    @classmethod
    def made_of(
        cls, found: HeadListVersion, heads: list[dict[str, Any]], conversion: Conversion | None, links: Links
    ) -> Self:
        """A list, as frozen or as converted."""
        content = json.loads(found.content)
        model = content["language_model"]
        rule = None
        if conversion is not None:
            rule = ConversionRecord(rule=conversion, meaning=MEANINGS[conversion], from_unit=conversion.source)
        return cls.read(
            found,
            **list_addresses(found, links, conversion),
            unit=found.unit if conversion is None else conversion.target,
            rule=content["rule"],
            conversion=rule,
            n_layers=model["n_layers"],
            n_query_heads=model["n_heads"],
            n_kv_heads=model["n_kv_heads"],
            n_heads=len(heads),
            heads=[{"stands_for": []} | head for head in heads],
            left_out=content["left_out"],
        )


def list_addresses(found: HeadListVersion, links: Links, conversion: Conversion | None = None) -> dict[str, Any]:
    """Fields that name the list and say where it is."""
    place = ("language-models", found.language_model.slug, "head-lists", found.head_type.slug)
    query = f"?conversion={conversion}" if conversion else ""
    present = f"&conversion={conversion}" if conversion else f"&unit={found.unit}"
    return {
        "language_model": LanguageModelRef.of(found.language_model, links),
        "head_type": HeadTypeRef.of(found.head_type, links),
        "url": f"{links.to(*place)}?basis={found.basis}{present}",
        "version_url": f"{links.to(*place, found.version)}{query}",
    }
