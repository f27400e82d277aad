"""Tables of scores for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import HeadScore, HeadScoreTable, LanguageModel, Metric, ScanRun
from catalog.vocabulary import Unit
from tests.factories.counter import fresh
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.paper import make_paper

Scores = dict[tuple[int, int], float | None]


def make_head_score_table(
    session: Session,
    scores: Scores,
    *,
    language_model: LanguageModel | None = None,
    metric: Metric | None = None,
    scan_run: ScanRun | None = None,
    **changes: Any,
) -> HeadScoreTable:
    """A published table, or one of a run where it is given, with a row for each (layer, head)."""
    values: dict[str, Any] = {
        "slug": f"table_{fresh()}",
        "language_model_id": (language_model or make_language_model(session)).id,
        "metric_id": (metric or make_metric(session)).id,
        "unit": Unit.QUERY_HEAD,
        "paper_id": None if scan_run else make_paper(session).id,
        "scan_run_id": scan_run.id if scan_run else None,
        "n_rows": len(scores),
        "is_complete": False,
        "details": {},
    }
    table = HeadScoreTable(**values | changes)
    session.add(table)
    session.flush()
    session.add_all(
        HeadScore(table_id=table.id, layer=layer, head=head, score=score) for (layer, head), score in scores.items()
    )
    session.flush()
    return table
