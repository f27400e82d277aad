"""Findings for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Finding, HeadType, LanguageModel, Metric, Paper
from catalog.notation import Accession
from catalog.vocabulary import EntryKind, SourceKind
from tests.factories.counter import fresh
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.paper import make_paper


def make_finding(
    session: Session,
    *,
    language_model: LanguageModel | None = None,
    head_type: HeadType | None = None,
    paper: Paper | None = None,
    metric: Metric | None = None,
    **changes: Any,
) -> Finding:
    """A paper claims that L1H2 of a language model is of a head type; each is made where it is not given."""
    values = {
        "accession": Accession(EntryKind.FINDING, fresh()).base,
        "paper_id": (paper or make_paper(session)).id,
        "language_model_id": (language_model or make_language_model(session)).id,
        "layer": 1,
        "head": 2,
        "metric_id": metric.id if metric else None,
        "published_name": "a head",
        "task": "a task",
        "locator": "section 1",
        "source_kind": SourceKind.PAPER_TEXT,
    }
    if "circuit_role" not in changes:
        values["head_type_id"] = (head_type or make_head_type(session)).id
    finding = Finding(**values | changes)
    session.add(finding)
    session.flush()
    return finding
