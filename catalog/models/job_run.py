"""Each time a worker began a job, and how far it came."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base, now, one_of
from catalog.vocabulary import JobRunEnd


class JobRun(Base):
    """One start of one job. A start without an end whose worker is gone is a death."""

    __tablename__ = "job_runs"
    __table_args__ = (
        one_of("ended_as", JobRunEnd),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="end_whole"),
        CheckConstraint("n_done IS NULL OR (n_done >= 0 AND n_done <= n_all)", name="progress_in_range"),
        Index("ix_job_runs_job", "job_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(String(128))
    worker: Mapped[str] = mapped_column(String(128))
    started_at: Mapped[datetime] = mapped_column(default=now)
    said: Mapped[str] = mapped_column(String(512), default="")
    """What it is doing, in a few words."""
    n_done: Mapped[int | None]
    """Of the pass that `said` names, in prompts."""
    n_all: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[JobRunEnd | None] = mapped_column(String(16))
