"""A job: what was asked for, how far it is, how it ended. Knows nothing of the queue that carries it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """What a worker does."""

    VERIFY = "verify"
    """Re-run findings and record verdicts, as `headcat verify` does."""
    SCAN = "scan"
    """Score a language model and store the run, as `headcat scan --save` does."""


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
FIRST_PRIORITY, DEFAULT_PRIORITY, LAST_PRIORITY = 1, 100, 1000
"""The smaller, the sooner."""


@dataclass(frozen=True)
class Job:
    """One job as a reader sees it."""

    id: str
    kind: JobKind
    request: dict[str, Any]
    state: JobState
    priority: int
    created_at: datetime
    worker: str | None
    """Worker that has it or had it last; None while it waits for its first."""
    ended_at: datetime | None
    result: dict[str, Any] | None
    error: str | None
    """Why it failed, in a sentence."""


@dataclass(frozen=True)
class JobRequest:
    """What is asked for. Fields of the two kinds are those of the commands of the same names."""

    kind: JobKind
    arguments: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As the queue holds it."""
        return {"kind": self.kind.value, **self.arguments}


def verify_request(
    *,
    accessions: tuple[str, ...] = (),
    language_model: str | None = None,
    head_type: str | None = None,
    is_all: bool = False,
    seed: int = 0,
    n_prompts: int = 32,
    dtype: str | None = None,
) -> JobRequest:
    """Re-run these findings."""
    return JobRequest(
        JobKind.VERIFY,
        {
            "accessions": list(accessions),
            "language_model": language_model,
            "head_type": head_type,
            "all": is_all,
            "seed": seed,
            "prompts": n_prompts,
            "dtype": dtype,
        },
    )


def scan_request(
    model: str,
    *,
    revision: str | None = None,
    detectors: str = "v1",
    seed: int = 0,
    n_prompts: int = 32,
    dtype: str | None = None,
) -> JobRequest:
    """Score this language model and store the run."""
    return JobRequest(
        JobKind.SCAN,
        {
            "model": model,
            "revision": revision,
            "detectors": detectors,
            "seed": seed,
            "prompts": n_prompts,
            "dtype": dtype,
        },
    )
