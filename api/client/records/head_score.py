"""Records of the API (head_score), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass
from typing import Any

from api.client.records.refs import HeadScoreTableRef, LanguageModelRef, MetricRef, PaperRef
from api.client.records.scan_run import ScanRunRef
from api.client.records.vocabulary import Unit


@dataclass(frozen=True, slots=True)
class HeadScoreTable:
    """One metric over the heads of one language model, from a publication or from a run of ours."""

    slug: str
    """Permanent name of the table."""
    unit: Unit
    """What the head index counts."""
    url: str
    """Address of the whole record."""
    language_model: LanguageModelRef
    """Whose heads."""
    metric: MetricRef
    """What the numbers mean."""
    paper: PaperRef | None
    """Who published them; null for a run of ours."""
    scan_run: ScanRunRef | None
    """The run that measured them; null for a publication."""
    repository: str | None
    """Where they were read; null for a run of ours."""
    path: str | None
    """File in the repository."""
    commit: str | None
    """Commit that was read."""
    licence: str | None
    """Licence as the repository states it; null where it states none."""
    licence_note: str | None
    """What else is to know of the licence; null where nothing is."""
    n_rows: int
    """Rows."""
    is_complete: bool
    """Whether every head of the language model has a row."""
    value_note: str | None
    """What is to know of the values; null where nothing is."""
    details: dict[str, Any]
    """What else the source says: context length, samples, chance …"""
    scores_url: str
    """Address of the rows; with `?format=csv` all of them as CSV."""


@dataclass(frozen=True, slots=True)
class RankedScore:
    """The number of one head beside those of all heads of its table."""

    layer: int
    """Layer, from zero."""
    head: int
    """Head, or key-value group where the table counts those; from zero."""
    name: str
    """The same as `L5H1`."""
    score: float | None
    """The number; null only where the source's row holds a category alone."""
    n: int | None
    """Observations behind it; null where not stated."""
    details: dict[str, Any] | None
    """Further columns of the source, or interval and p of ours."""
    table: HeadScoreTable
    """The table."""
    n_scored: int
    """Heads of the table that have a number."""
    rank: int | None
    """Place from one by the better end of the metric; null where no end is better."""
    percentile: float | None
    """Share of the other heads that score no better, in [0, 1]; null where there is no rank."""


@dataclass(frozen=True, slots=True)
class LanguageModelScore:
    """The number of one head, with the table it stands in."""

    layer: int
    """Layer, from zero."""
    head: int
    """Head, or key-value group where the table counts those; from zero."""
    name: str
    """The same as `L5H1`."""
    score: float | None
    """The number; null only where the source's row holds a category alone."""
    n: int | None
    """Observations behind it; null where not stated."""
    details: dict[str, Any] | None
    """Further columns of the source, or interval and p of ours."""
    table: HeadScoreTableRef
    """The table."""
    metric: MetricRef
    """What the number means."""
