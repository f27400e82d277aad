"""Metrics for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Metric
from catalog.vocabulary import Direction
from tests.factories.counter import fresh


def make_metric(session: Session, **changes: Any) -> Metric:
    """An attention mass, higher for the head type."""
    n = fresh()
    values = {
        "slug": f"metric_{n}",
        "name": f"Metric {n}",
        "definition": "Attention mass on what a test looks at.",
        "unit": "attention mass",
        "range_low": 0.0,
        "range_high": 1.0,
        "direction": Direction.HIGHER,
    }
    metric = Metric(**values | changes)
    session.add(metric)
    session.flush()
    return metric
