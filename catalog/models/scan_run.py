"""One forward scan of a language model, with everything needed to repeat it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.models.base import Base, reference
from catalog.models.language_model import LanguageModel


class ScanRun(Base):
    """A run of detectors over one language model. Rows are appended, never edited."""

    __tablename__ = "scan_runs"
    __table_args__ = (
        CheckConstraint("finished_at >= started_at", name="ends_after_start"),
        Index("uq_scan_runs_job_part", "job_part", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    language_model_id: Mapped[int] = reference("language_models.id")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(64))
    dtype: Mapped[str] = mapped_column(String(16))
    attention_path: Mapped[str] = mapped_column(String(32))
    """Which engine computed the masses: streaming_fused, streaming_blocked or reference."""
    torch_version: Mapped[str] = mapped_column(String(32))
    transformers_version: Mapped[str] = mapped_column(String(32))
    headcat_version: Mapped[str] = mapped_column(String(32))
    code_sha256: Mapped[str] = mapped_column(String(64))
    """Hash of the measuring code: engine, detectors and prompts."""
    weights_sha256: Mapped[str] = mapped_column(String(64))
    prompts_sha256: Mapped[str] = mapped_column(String(64))
    seed: Mapped[int]
    arguments: Mapped[dict[str, Any]]
    """Arguments as passed."""
    job_part: Mapped[str | None] = mapped_column(String(320))
    """Part of a job that made this run, so that a part that is done again stores nothing twice; None without a job."""
    provenance: Mapped[dict[str, Any]]
    """All of the above and the machine, as written into `scan --json`."""

    language_model: Mapped[LanguageModel] = relationship(lazy="raise")
