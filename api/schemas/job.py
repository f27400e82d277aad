"""What the JSON of a job holds, and what one asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Links, Record
from catalog.jobs.job import (
    DEFAULT_PRIORITY,
    FIRST_PRIORITY,
    LAST_PRIORITY,
    Job,
    JobKind,
    JobRequest,
    JobState,
    scan_request,
    verify_request,
)
from catalog.models import JobRun
from catalog.places import without_folders
from catalog.vocabulary import JobRunEnd

DTYPES = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class JobRow:
    """A job of the queue beside the catalog's notes of its starts."""

    job: Job
    runs: Sequence[JobRun]


class JobRunRecord(Record):
    """One start of a job by one worker."""

    worker: str = Field(description="Machine and device.")
    started_at: datetime = Field(description="Begin, UTC.")
    said: str = Field(description="What it does, or did last.")
    n_done: int | None = Field(description="Prompts of the present pass that are done; null outside of a pass.")
    n_all: int | None = Field(description="Prompts of the present pass.")
    ended_at: datetime | None = Field(description="End, UTC; null while it runs.")
    ended_as: JobRunEnd | None = Field(description="How it ended; `died` where its worker was gone.")


class JobRecord(Record):
    """One job: what was asked for, how far it is, how it ended."""

    id: str = Field(description="Id of the job.")
    kind: JobKind = Field(description="What a worker does: `verify` or `scan`.")
    request: dict[str, Any] = Field(description="What was asked for; folders are named, not located.")
    state: JobState = Field(description="Where it stands.")
    priority: int = Field(description="The smaller, the sooner.")
    created_at: datetime = Field(description="When it was asked for, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; null before.")
    worker: str | None = Field(description="Worker that has it or had it last; null before the first.")
    runs: list[JobRunRecord] = Field(
        description="Its starts, the first one first; a list of jobs has the last one only."
    )
    result: dict[str, Any] | None = Field(description="What came of it: accessions and verdicts, or the scan run.")
    error: str | None = Field(description="Why it failed, in a sentence.")
    url: str = Field(description="Address of the job.")
    events_url: str = Field(description="The same record once a second, as server-sent events, until it ends.")

    @classmethod
    def of(cls, row: JobRow, links: Links) -> Self:
        """A job with its starts."""
        return cls.read(
            row.job,
            request=without_folders(row.job.request),
            runs=[JobRunRecord.read(run) for run in row.runs],
            url=links.to("jobs", row.job.id),
            events_url=links.to("jobs", row.job.id, "events"),
        )


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="An id of your own: the same id twice is one job, so that a request can be sent again.",
    )
    priority: int = Field(
        default=DEFAULT_PRIORITY, ge=FIRST_PRIORITY, le=LAST_PRIORITY, description="The smaller, the sooner."
    )
    seed: int = Field(default=0, ge=-(2**31), lt=2**31, description="Seed of prompts and resampling.")
    prompts: int = Field(default=32, ge=4, le=10_000, description="Prompts of each family.")
    dtype: DTYPES | None = Field(default=None, description="Of the weights; the worker's setting without it.")


class VerifyJobBody(_Asked):
    """Re-run findings and record verdicts."""

    kind: Literal[JobKind.VERIFY] = Field(description="Re-run findings.")
    accessions: list[Annotated[str, Field(max_length=32)]] = Field(
        default_factory=list, max_length=1000, description="Findings by accession."
    )
    language_model: str | None = Field(default=None, max_length=200, description="All findings on this one.")
    head_type: str | None = Field(default=None, max_length=100, description="Only findings of this head type.")
    all: bool = Field(default=False, description="Every finding whose language model the worker has.")

    def asked(self) -> JobRequest:
        """As the queue takes it."""
        return verify_request(
            accessions=tuple(self.accessions),
            language_model=self.language_model,
            head_type=self.head_type,
            is_all=self.all,
            seed=self.seed,
            n_prompts=self.prompts,
            dtype=self.dtype,
        )

    @property
    def names_something(self) -> bool:
        """Whether it says what to verify."""
        return bool(self.accessions or self.language_model or self.head_type or self.all)


class ScanJobBody(_Asked):
    """Score every head of a language model and store the run."""

    kind: Literal[JobKind.SCAN] = Field(description="Score a language model.")
    model: str = Field(min_length=1, max_length=400, description="Hub id, or directory on the worker's machine.")
    revision: str | None = Field(default=None, max_length=200, description="Branch, tag or commit on the hub.")
    detectors: str = Field(default="v1", max_length=2000, description="Names joined by commas, v1, or all.")

    def asked(self) -> JobRequest:
        """As the queue takes it."""
        return scan_request(
            self.model,
            revision=self.revision,
            detectors=self.detectors,
            seed=self.seed,
            n_prompts=self.prompts,
            dtype=self.dtype,
        )

    @property
    def names_something(self) -> bool:
        """A language model is always named."""
        return True


JobBody = Annotated[VerifyJobBody | ScanJobBody, Field(discriminator="kind")]
