"""Filters of the API's lists, written by `python -m api.generate_client` from its document."""

from datetime import date
from typing import Literal, TypedDict

from api.client.records.vocabulary import (
    Confidence,
    Conversion,
    HeadListBasis,
    Origin,
    Polarity,
    RunStanding,
    SourceKind,
    Stage,
    Status,
    TextKind,
    Tier,
    Unit,
    Verdict,
)


class HeadTypesFilters(TypedDict, total=False):
    """What GET /head-types can be asked for."""

    q: str
    """Text in slug, name or any published alias."""
    stage: Stage
    """Stage to which any source assigns the type."""
    origin: Origin
    """Where the catalog first met the type."""
    tier: Tier
    """What a detector of the type needs."""
    family: str
    """Family in which a source saw the type."""
    has_findings: bool
    """Whether any head was claimed to be of the type."""
    sort: Literal["slug", "-slug", "name", "-name", "accession", "-accession"]
    """Order of the items: slug, name, accession; a leading minus turns it round."""


class FindingsFilters(TypedDict, total=False):
    """What GET /findings can be asked for."""

    q: str
    """Words in published name, task, scope, locator or note; all must occur, `"in quotation marks"` as they stand, and
    `-word` must not.
    """
    language_model: str
    """Hub id (all revisions) or slug of the language model."""
    family: str
    """Family of the language model, as `gpt`."""
    head_type: str
    """Slug or any published name of a type."""
    circuit_role: str
    """Role in a circuit."""
    stage: Stage
    """Recorded with the claim, or assigned to its head type by any source."""
    paper: str
    """Slug of the source."""
    year_gte: int
    """Earliest year of the source."""
    year_lte: int
    """Latest year of the source."""
    layer: int
    """Layer, from zero."""
    head: int
    """Head of the layer, from zero."""
    depth_gte: float
    """Smallest relative depth: layer over the last layer, in [0, 1]."""
    depth_lte: float
    """Largest relative depth."""
    unit: Unit
    """What the head index counts."""
    polarity: Polarity
    """Whether the source says is, or is not."""
    method: str
    """Slug of the method."""
    metric: str
    """Slug of the metric."""
    task: str
    """Text in the task."""
    source_kind: SourceKind
    """What was read to record the claim."""
    confidence: Confidence
    """How sure the reading is."""
    status: Status
    """Standing of the entry."""
    verdict: Literal[
        "reproduced",
        "partially_reproduced",
        "not_reproduced",
        "inconclusive",
        "not_applicable",
        "error",
        "untested",
    ]
    """Verdict of the latest verification, or `untested` where there is none."""
    grade_gte: int
    """Lowest evidence grade by the latest verification; untested claims have 0."""
    detector: str
    """Detector of the latest verification."""
    score_gte: float
    """Smallest score that the latest verification measured."""
    score_lte: float
    """Largest such score."""
    value_gte: float
    """Smallest published value."""
    value_lte: float
    """Largest published value."""
    verified_from: date
    """Latest verification on this day, UTC, or later."""
    verified_to: date
    """Latest verification on this day, UTC, or earlier."""
    recorded_from: date
    """First frozen here on this day, UTC, or later."""
    recorded_to: date
    """First frozen here on this day, UTC, or earlier."""
    as_of: date
    """The catalog at the end of this day, UTC: entries frozen here until then, with the version and the latest
    verification of then. It knows what this catalog froze and ran and when; all other fields, and the filters, are
    those of the present version, and what was withdrawn since is left out.
    """
    sort: Literal[
        "accession",
        "-accession",
        "value",
        "-value",
        "layer",
        "-layer",
        "head",
        "-head",
        "language_model",
        "-language_model",
        "head_type",
        "-head_type",
        "verdict",
        "-verdict",
    ]
    """Order of the items: accession, value, layer, head, language_model, head_type, verdict; a leading minus turns it
    round.
    """


class VerificationsFilters(TypedDict, total=False):
    """What GET /verifications can be asked for."""

    finding: str
    """Accession of the claim."""
    language_model: str
    """Hub id (all revisions) or slug of the language model."""
    head_type: str
    """Slug or any published name of a type."""
    layer: int
    """Layer, from zero."""
    head: int
    """Head of the layer, from zero."""
    detector: str
    """Slug of the detector."""
    scan_run: int
    """Number of the run."""
    verdict: Verdict
    """Outcome."""
    grade_gte: int
    """Lowest evidence grade."""
    standing: RunStanding
    """Whether the settings were frozen before the run began."""
    repeats: str
    """Accession of the verification repeated."""
    signer: str
    """Public key of the signature, in base64."""
    broad_verdict: Verdict
    """Outcome for the broad reading of the claim."""
    is_counted: bool
    """Whether it counts: its detector was not found faulty since."""
    sort: Literal[
        "accession",
        "-accession",
        "created_at",
        "-created_at",
        "score",
        "-score",
        "p_adjusted",
        "-p_adjusted",
        "grade",
        "-grade",
    ]
    """Order of the items: accession, created_at, score, p_adjusted, grade; a leading minus turns it round."""


class LanguageModelsFilters(TypedDict, total=False):
    """What GET /language-models can be asked for."""

    q: str
    """Text in slug, hub id or name."""
    family: str
    """Family, as `gpt2`."""
    architecture: str
    """`model_type` of its configuration."""
    hub_id: str
    """Hub id, exactly."""
    n_layers: int
    """Number of layers."""
    n_heads: int
    """Query heads of a layer."""
    has_findings: bool
    """Whether any source claims something of its heads."""
    has_scores: bool
    """Whether there is a table of scores of its heads."""
    sort: Literal["slug", "-slug", "name", "-name", "family", "-family", "n_layers", "-n_layers", "n_heads", "-n_heads"]
    """Order of the items: slug, name, family, n_layers, n_heads; a leading minus turns it round."""


class HeadsFilters(TypedDict, total=False):
    """What GET /heads can be asked for."""

    q: str
    """Words in published name, task, scope, locator or note; all must occur, `"in quotation marks"` as they stand, and
    `-word` must not.
    """
    language_model: str
    """Hub id (all revisions) or slug of the language model."""
    family: str
    """Family of the language model, as `gpt`."""
    head_type: str
    """Slug or any published name of a type."""
    circuit_role: str
    """Role in a circuit."""
    stage: Stage
    """Recorded with the claim, or assigned to its head type by any source."""
    paper: str
    """Slug of the source."""
    year_gte: int
    """Earliest year of the source."""
    year_lte: int
    """Latest year of the source."""
    layer: int
    """Layer, from zero."""
    head: int
    """Head of the layer, from zero."""
    depth_gte: float
    """Smallest relative depth: layer over the last layer, in [0, 1]."""
    depth_lte: float
    """Largest relative depth."""
    unit: Unit
    """What the head index counts."""
    polarity: Polarity
    """Whether the source says is, or is not."""
    method: str
    """Slug of the method."""
    metric: str
    """Slug of the metric."""
    task: str
    """Text in the task."""
    source_kind: SourceKind
    """What was read to record the claim."""
    confidence: Confidence
    """How sure the reading is."""
    status: Status
    """Standing of the entry."""
    verdict: Literal[
        "reproduced",
        "partially_reproduced",
        "not_reproduced",
        "inconclusive",
        "not_applicable",
        "error",
        "untested",
    ]
    """Verdict of the latest verification, or `untested` where there is none."""
    grade_gte: int
    """Lowest evidence grade by the latest verification; untested claims have 0."""
    detector: str
    """Detector of the latest verification."""
    score_gte: float
    """Smallest score that the latest verification measured."""
    score_lte: float
    """Largest such score."""
    value_gte: float
    """Smallest published value."""
    value_lte: float
    """Largest published value."""
    verified_from: date
    """Latest verification on this day, UTC, or later."""
    verified_to: date
    """Latest verification on this day, UTC, or earlier."""
    recorded_from: date
    """First frozen here on this day, UTC, or later."""
    recorded_to: date
    """First frozen here on this day, UTC, or earlier."""
    sort: Literal["language_model", "-language_model", "layer", "-layer", "head", "-head"]
    """Order of the items: language_model, layer, head; a leading minus turns it round."""


class HeadListsFilters(TypedDict, total=False):
    """What GET /head-lists can be asked for."""

    head_type: str
    """Slug or any published name of a type."""
    unit: Unit
    """What the head index counts."""
    basis: HeadListBasis
    """Which heads are counted: claimed by a source, undisputed, or reproduced by the latest re-run."""
    sort: Literal[
        "language_model",
        "-language_model",
        "head_type",
        "-head_type",
        "n_heads",
        "-n_heads",
        "created_at",
        "-created_at",
    ]
    """Order of the items: language_model, head_type, n_heads, created_at; a leading minus turns it round."""
    language_model: str
    """Hub id (all revisions) or slug of the language model."""


class HeadListFilters(TypedDict, total=False):
    """What GET /language-models/{slug}/head-lists/{head_type} can be asked for."""

    conversion: Conversion
    """Turn the list into the other unit: group_of_any_head: A key-value group is listed if any of its query heads is.
    group_of_all_heads: A key-value group is listed if all of its query heads are. heads_of_group: Every query head
    of a listed key-value group is listed.
    """
    score: str
    """For retrieval_head: metric whose values are written, or `membership` for 1."""
    basis: HeadListBasis
    """Which heads are counted: claimed, undisputed or reproduced."""
    unit: Unit
    """Unit of the list; needed where there are lists in both."""


class TextSearchFilters(TypedDict, total=False):
    """What GET /search can be asked for."""

    kind: TextKind
    """Only records of this kind."""


class ReleasesFilters(TypedDict, total=False):
    """What GET /releases can be asked for."""

    sort: Literal["created_at", "-created_at", "name", "-name"]
    """Order of the items: created_at, name; a leading minus turns it round."""
