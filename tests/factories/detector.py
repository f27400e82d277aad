"""Detectors for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Detector, DetectorHeadType, HeadType, Metric
from catalog.vocabulary import Tier
from tests.factories.counter import fresh
from tests.factories.metric import make_metric


def make_detector(
    session: Session, *, metric: Metric | None = None, head_types: tuple[HeadType, ...] = (), **changes: Any
) -> Detector:
    """Version 1 of a detector that runs on any decoder."""
    values = {
        "slug": f"detector_{fresh()}",
        "version": 1,
        "tier": Tier.V1,
        "summary": "Measures what a test needs.",
        "methods_text": "It counts.",
        "spec": {"prompts": "random"},
        "code_sha256": "0" * 64,
        "metric_id": (metric or make_metric(session)).id,
        "head_types": [DetectorHeadType(head_type_id=each.id) for each in head_types],
    }
    detector = Detector(**values | changes)
    session.add(detector)
    session.flush()
    return detector
