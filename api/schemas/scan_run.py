"""What the JSON of a run holds."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from api.schemas.base import Count, Links, Record, counts
from api.schemas.refs import HeadScoreTableRef, LanguageModelRef
from catalog import models
from catalog.places import without_folders
from catalog.queries.scan_run import ScanRunDetail


class ScanRunRef(Record):
    """A run, named by another record."""

    id: int = Field(description="Number of the run.")
    started_at: datetime = Field(description="Begin, UTC.")
    device: str = Field(description="Device on which it ran.")
    dtype: str = Field(description="Data type of the weights.")
    url: str = Field(description="Address of the whole record.")

    @classmethod
    def of(cls, scan_run: models.ScanRun, links: Links) -> Self:
        """Short form of a run."""
        return cls.read(scan_run, url=links.to("scan-runs", scan_run.id))


class ScanRunRecord(ScanRunRef):
    """One run of detectors over one language model, with what is needed to repeat it."""

    finished_at: datetime = Field(description="End, UTC.")
    language_model: LanguageModelRef = Field(description="What was scanned.")
    attention_path: str = Field(description="Which engine computed the numbers.")
    torch_version: str = Field(description="Version of torch.")
    transformers_version: str = Field(description="Version of transformers.")
    headcat_version: str = Field(description="Version of headcat.")
    code_sha256: str = Field(description="SHA-256 of the measuring code.")
    weights_sha256: str = Field(description="SHA-256 of the weights.")
    prompts_sha256: str = Field(description="SHA-256 of the prompts.")
    seed: int = Field(description="Seed of the prompts.")
    arguments: dict[str, Any] = Field(description="Arguments as passed; folders are named, not located.")

    @classmethod
    def of(cls, scan_run: models.ScanRun, links: Links) -> Self:
        """A run in a list."""
        return cls.read(
            scan_run,
            arguments=without_folders(scan_run.arguments),
            language_model=LanguageModelRef.of(scan_run.language_model, links),
            url=links.to("scan-runs", scan_run.id),
        )


class ScanRunDetailRecord(ScanRunRecord):
    """One run with what it left behind."""

    provenance: dict[str, Any] = Field(description="The whole provenance, as written into `scan --json`.")
    head_score_tables: list[HeadScoreTableRef] = Field(description="Tables that it measured.")
    verdicts: list[Count] = Field(description="Verdicts of its verifications, counted.")

    @classmethod
    def from_detail(cls, detail: ScanRunDetail, links: Links) -> Self:
        """A run with its results."""
        return cls(
            **dict(ScanRunRecord.of(detail.scan_run, links)),
            provenance=without_folders(detail.scan_run.provenance),
            head_score_tables=[HeadScoreTableRef.of(each, links) for each in detail.head_score_tables],
            verdicts=counts(detail.verdicts),
        )
