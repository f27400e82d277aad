"""Records of the API (head_list), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from datetime import datetime

from api.client.records.refs import HeadTypeRef, LanguageModelRef
from api.client.records.vocabulary import Conversion, HeadListBasis, Polarity, SourceKind, Status, Unit, Verdict


@dataclass(frozen=True, slots=True)
class HeadListRef:
    """A list of heads, without the heads."""

    language_model: LanguageModelRef
    """The language model."""
    head_type: HeadTypeRef
    """The head type."""
    unit: Unit
    """What the head index counts."""
    basis: HeadListBasis
    """Which heads are counted; the list itself states the rule."""
    n_heads: int
    """Heads on the list."""
    version: str
    """Name of the version; equal content has the same name in every installation."""
    content_sha256: str
    """SHA-256 of the frozen list as canonical JSON."""
    created_at: datetime
    """When the version was frozen here, UTC."""
    url: str
    """Address of the list as it stands."""
    version_url: str
    """Address of exactly this version; it may be kept for ever."""


@dataclass(frozen=True, slots=True)
class ConversionRecord:
    """How the list was turned from one unit into the other."""

    rule: Conversion
    """Name of the rule, as asked for."""
    meaning: str
    """The rule in a sentence."""
    from_unit: Unit
    """Unit of the frozen list."""


@dataclass(frozen=True, slots=True)
class HeadListClaim:
    """A claim that bears on a head of the list."""

    accession: str
    """Accession of the finding, with its version."""
    polarity: Polarity
    """Whether the source says is, or is not."""
    status: Status
    """Standing of the claim."""
    paper: str
    """Slug of the source."""
    source_kind: SourceKind
    """What was read to record the claim."""
    metric: str | None
    """Slug of the metric, where the claim has a number."""
    value: float | None
    """Published value."""
    verdict: Verdict | None
    """Verdict of the latest re-run; null where nobody re-ran it here."""
    grade: int | None
    """Evidence grade of that re-run, 0 to 4."""


@dataclass(frozen=True, slots=True)
class ListedHead:
    """A head on the list."""

    name: str
    """`L5H1`; the index counts what `unit` says."""
    layer: int
    """Layer, from zero."""
    head: int
    """Head or key-value group, from zero."""
    claims: list[HeadListClaim]
    """All standing claims on it, for and against."""
    stands_for: list[str]
    """After a conversion: heads of the frozen list that put it here."""


@dataclass(frozen=True, slots=True)
class HeadLeftOut:
    """A head that somebody wrote about and that is not on the list."""

    name: str
    """`L5H1`, in the unit of the frozen list."""
    layer: int
    """Layer, from zero."""
    head: int
    """Head or key-value group, from zero."""
    reason: str
    """Why it is not on the list."""
    claims: list[str]
    """Accessions of the findings, with their versions."""


@dataclass(frozen=True, slots=True)
class HeadList:
    """Heads of one type in one language model, counted by a stated rule."""

    language_model: LanguageModelRef
    """The language model."""
    head_type: HeadTypeRef
    """The head type."""
    unit: Unit
    """What the head index counts."""
    basis: HeadListBasis
    """Which heads are counted; the list itself states the rule."""
    n_heads: int
    """Heads on the list."""
    version: str
    """Name of the version; equal content has the same name in every installation."""
    content_sha256: str
    """SHA-256 of the frozen list as canonical JSON."""
    created_at: datetime
    """When the version was frozen here, UTC."""
    url: str
    """Address of the list as it stands."""
    version_url: str
    """Address of exactly this version; it may be kept for ever."""
    rule: str
    """The rule of the basis in a sentence."""
    conversion: ConversionRecord | None
    """Null where the list is in the unit of the claims."""
    n_layers: int
    """Layers of the language model."""
    n_query_heads: int
    """Query heads of a layer."""
    n_kv_heads: int | None
    """Key-value groups of a layer, where recorded."""
    heads: list[ListedHead]
    """By layer and head; order is no rank."""
    left_out: list[HeadLeftOut]
    """Heads that claims speak of and the rule leaves out."""
