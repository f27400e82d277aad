"""Runs for tests."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.models import LanguageModel, ScanRun
from tests.factories.language_model import make_language_model


def make_scan_run(session: Session, *, language_model: LanguageModel | None = None, **changes: Any) -> ScanRun:
    """A run of one second on a CPU."""
    values = {
        "language_model_id": (language_model or make_language_model(session)).id,
        "started_at": datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC),
        "finished_at": datetime(2026, 1, 1, 12, 0, 1, tzinfo=UTC),
        "device": "cpu",
        "dtype": "float32",
        "attention_path": "reference",
        "torch_version": "2.13.0",
        "transformers_version": "5.23.0",
        "headcat_version": "0.1.0",
        "code_sha256": "1" * 64,
        "weights_sha256": "2" * 64,
        "prompts_sha256": "3" * 64,
        "seed": 0,
        "arguments": {"model": "tiny"},
        "provenance": {"python": "3.11"},
    }
    scan_run = ScanRun(**values | changes)
    session.add(scan_run)
    session.flush()
    return scan_run
