"""Records of the API (refs), written by `python -m api.generate_client` from its document."""

from dataclasses import dataclass

from api.client.records.vocabulary import Maturity, Stage, Tier, Unit


@dataclass(frozen=True, slots=True)
class HeadTypeRef:
    """A head type, named by another record."""

    slug: str
    """Permanent name of the head type."""
    name: str
    """Name for people."""
    accession: str
    """Permanent accession."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class StageRef:
    """A stage of reasoning, named by another record."""

    slug: Stage
    """Permanent name of the stage."""
    code: str
    """The survey's abbreviation."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class PaperRef:
    """A source, named by another record."""

    slug: str
    """Permanent name of the paper."""
    title: str
    """Title."""
    year: int | None
    """Year of publication; null where unknown."""
    arxiv_id: str | None
    """arXiv identifier; null where there is none."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class BenchmarkRef:
    """A benchmark, named by another record."""

    slug: str
    """Permanent name of the benchmark."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class MechanismRef:
    """A mechanism, named by another record."""

    slug: str
    """Permanent name of the mechanism."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class DetectorRef:
    """A version of a detector, named by another record."""

    slug: str
    """Permanent name of the detector."""
    version: int
    """Version of the detector."""
    tier: Tier
    """What the detector needs: V1 any decoder … V4 toy or closed models."""
    maturity: Maturity
    """An experimental one cannot lift an entry; re-runs by a faulty one do not count any more."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class LanguageModelRef:
    """A language model, named by another record."""

    slug: str
    """Hub id with `--` for `/`, and `@` with the revision where one is known."""
    hub_id: str
    """Identifier on the hub."""
    revision: str
    """Revision of the weights; `unspecified` where the source does not say."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class LanguageModelCount:
    """Findings on one language model."""

    n_findings: int
    """Findings that stand."""
    language_model: LanguageModelRef
    """The language model."""


@dataclass(frozen=True, slots=True)
class MethodRef:
    """A method, named by another record."""

    slug: str
    """Permanent name of the method."""
    name: str
    """Name for people."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class MetricRef:
    """A metric, named by another record."""

    slug: str
    """Permanent name of the metric."""
    version: int
    """Version of the definition."""
    name: str
    """Name for people."""
    unit: str
    """Unit of the number."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class HeadScoreTableRef:
    """A table of scores, named by another record."""

    slug: str
    """Permanent name of the table."""
    unit: Unit
    """What the head index counts."""
    url: str
    """Address of the whole record."""


@dataclass(frozen=True, slots=True)
class CircuitRef:
    """A circuit, named by another record."""

    slug: str
    """Permanent name of the circuit."""
    name: str
    """Name for people."""
    accession: str
    """Permanent accession."""
    url: str
    """Address of the whole record."""
