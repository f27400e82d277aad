"""Short forms in which one record names another: enough to show it, and the address of the rest."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from catalog import models
from catalog.vocabulary import Maturity, Stage, Tier, Unit


class PaperRef(Record):
    """A source, named by another record."""

    slug: str = Field(description="Permanent name of the paper.")
    title: str = Field(description="Title.")
    year: int | None = Field(description="Year of publication; null where unknown.")
    arxiv_id: str | None = Field(description="arXiv identifier; null where there is none.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, paper: models.Paper, links: Links) -> Self:
        """Short form of a paper."""
        return cls.read(paper, url=links.to("papers", paper.slug))


class HeadTypeRef(Record):
    """A head type, named by another record."""

    slug: str = Field(description="Permanent name of the head type.")
    name: str = Field(description="Name for people.")
    accession: str = Field(description="Permanent accession.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, head_type: models.HeadType, links: Links) -> Self:
        """Short form of a head type."""
        return cls.read(head_type, url=links.to("head-types", head_type.slug))


class LanguageModelRef(Record):
    """A language model, named by another record."""

    slug: str = Field(description="Hub id with `--` for `/`, and `@` with the revision where one is known.")
    hub_id: str = Field(description="Identifier on the hub.")
    revision: str = Field(description="Revision of the weights; `unspecified` where the source does not say.")
    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, language_model: models.LanguageModel, links: Links) -> Self:
        """Short form of a language model."""
        return cls.read(language_model, url=links.to("language-models", language_model.slug))


class StageRef(Record):
    """A stage of reasoning, named by another record."""

    slug: Stage = Field(description="Permanent name of the stage.")
    code: str = Field(description="The survey's abbreviation.")
    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, stage: models.Stage, links: Links) -> Self:
        """Short form of a stage."""
        return cls.read(stage, url=links.to("stages", stage.slug))


class MethodRef(Record):
    """A method, named by another record."""

    slug: str = Field(description="Permanent name of the method.")
    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, method: models.Method, links: Links) -> Self:
        """Short form of a method."""
        return cls.read(method, url=links.to("methods", method.slug))


class MetricRef(Record):
    """A metric, named by another record."""

    slug: str = Field(description="Permanent name of the metric.")
    version: int = Field(description="Version of the definition.")
    name: str = Field(description="Name for people.")
    unit: str = Field(description="Unit of the number.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, metric: models.Metric, links: Links) -> Self:
        """Short form of a metric."""
        return cls.read(metric, url=f"{links.to('metrics', metric.slug)}?version={metric.version}")


class DetectorRef(Record):
    """A version of a detector, named by another record."""

    slug: str = Field(description="Permanent name of the detector.")
    version: int = Field(description="Version of the detector.")
    tier: Tier = Field(description="What the detector needs: V1 any decoder … V4 toy or closed models.")
    maturity: Maturity = Field(
        description="An experimental one cannot lift an entry; re-runs by a faulty one do not count any more."
    )
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, detector: models.Detector, links: Links) -> Self:
        """Short form of a detector."""
        return cls.read(detector, url=f"{links.to('detectors', detector.slug)}?version={detector.version}")


class BenchmarkRef(Record):
    """A benchmark, named by another record."""

    slug: str = Field(description="Permanent name of the benchmark.")
    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, benchmark: models.Benchmark, links: Links) -> Self:
        """Short form of a benchmark."""
        return cls.read(benchmark, url=links.to("benchmarks", benchmark.slug))


class MechanismRef(Record):
    """A mechanism, named by another record."""

    slug: str = Field(description="Permanent name of the mechanism.")
    name: str = Field(description="Name for people.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, mechanism: models.Mechanism, links: Links) -> Self:
        """Short form of a mechanism."""
        return cls.read(mechanism, url=links.to("mechanisms", mechanism.slug))


class CircuitRef(Record):
    """A circuit, named by another record."""

    slug: str = Field(description="Permanent name of the circuit.")
    name: str = Field(description="Name for people.")
    accession: str = Field(description="Permanent accession.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, circuit: models.Circuit, links: Links) -> Self:
        """Short form of a circuit."""
        return cls.read(circuit, url=links.to("circuits", circuit.accession))


class HeadScoreTableRef(Record):
    """A table of scores, named by another record."""

    slug: str = Field(description="Permanent name of the table.")
    unit: Unit = Field(description="What the head index counts.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, table: models.HeadScoreTable, links: Links) -> Self:
        """Short form of a table."""
        return cls.read(table, url=links.to("head-score-tables", table.slug))


class FindingCount(Record):
    """How many findings fall on one record."""

    n_findings: int = Field(description="Findings that stand.", ge=0)


class HeadTypeCount(FindingCount):
    """Findings on one head type."""

    head_type: HeadTypeRef = Field(description="The head type.")

    @classmethod
    def of(cls, counted: tuple[models.HeadType, int], links: Links) -> Self:
        """A head type with its number of findings."""
        return cls(head_type=HeadTypeRef.of(counted[0], links), n_findings=counted[1])


class LanguageModelCount(FindingCount):
    """Findings on one language model."""

    language_model: LanguageModelRef = Field(description="The language model.")

    @classmethod
    def of(cls, counted: tuple[models.LanguageModel, int], links: Links) -> Self:
        """A language model with its number of findings."""
        return cls(language_model=LanguageModelRef.of(counted[0], links), n_findings=counted[1])
