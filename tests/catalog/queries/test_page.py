"""Pages: nothing lost, nothing twice, and no cursor of another list."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.queries.benchmark import BenchmarkQuery, find_benchmarks
from catalog.queries.circuit import CircuitQuery, find_circuits
from catalog.queries.crosswalk import CrosswalkQuery, find_crosswalks
from catalog.queries.detector import DetectorQuery, find_detectors
from catalog.queries.entry_version import EntryVersionQuery, find_entry_versions
from catalog.queries.finding import SORTS, FindingQuery, find_findings
from catalog.queries.head_score import HeadScoreTableQuery, find_head_score_tables
from catalog.queries.head_type import HeadTypeQuery, find_head_types
from catalog.queries.human_analogue import HumanAnalogueQuery, find_human_analogues
from catalog.queries.language_model import LanguageModelQuery, find_language_models
from catalog.queries.mechanism import MechanismQuery, find_mechanisms
from catalog.queries.method import GlossaryQuery, MethodQuery, find_glossary_terms, find_methods
from catalog.queries.metric import MetricQuery, find_metrics
from catalog.queries.page import PageRequest, _encode
from catalog.queries.paper import PaperQuery, find_papers
from catalog.queries.scan_run import ScanRunQuery, find_scan_runs
from catalog.queries.stage import StageQuery, find_stages
from catalog.queries.verification import VerificationQuery, find_verifications
from tests.factories.finding import make_finding
from tests.factories.metric import make_metric
from tests.factories.verification import make_verification

LISTS: list[tuple[Callable[..., Any], type[PageRequest]]] = [
    (find_benchmarks, BenchmarkQuery),
    (find_circuits, CircuitQuery),
    (find_crosswalks, CrosswalkQuery),
    (find_detectors, DetectorQuery),
    (find_entry_versions, EntryVersionQuery),
    (find_findings, FindingQuery),
    (find_glossary_terms, GlossaryQuery),
    (find_head_score_tables, HeadScoreTableQuery),
    (find_head_types, HeadTypeQuery),
    (find_human_analogues, HumanAnalogueQuery),
    (find_language_models, LanguageModelQuery),
    (find_mechanisms, MechanismQuery),
    (find_methods, MethodQuery),
    (find_metrics, MetricQuery),
    (find_papers, PaperQuery),
    (find_scan_runs, ScanRunQuery),
    (find_stages, StageQuery),
    (find_verifications, VerificationQuery),
]


def walk(session: Session, **asked: Any) -> list[Any]:
    """All findings, three on a page."""
    found, cursor = [], None
    while True:
        page = find_findings(session, FindingQuery(limit=3, cursor=cursor, **asked))
        found += [row.finding for row in page.items]
        assert len(page.items) <= 3
        if (cursor := page.next_cursor) is None:
            return found


@pytest.fixture
def ten_findings(session: Session) -> list[str]:
    """Findings with equal and with missing values, some verified."""
    metric = make_metric(session)
    values = [0.5, None, 0.1, 0.5, None, 0.9, 0.5, None, 0.1, 0.3]
    made = [make_finding(session, metric=metric, value=value, layer=n % 3) for n, value in enumerate(values)]
    for finding in made[::4]:
        make_verification(session, finding=finding)
    session.expunge_all()
    return [each.accession for each in made]


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_walking_all_pages_gives_each_row_once(session: Session, ten_findings: list[str], sort: str) -> None:
    assert sorted(each.accession for each in walk(session, sort=sort)) == sorted(ten_findings)


@pytest.mark.parametrize("sort", ["value", "-value"])
def test_missing_values_come_last_in_both_directions(session: Session, ten_findings: list[str], sort: str) -> None:
    values = [each.value for each in walk(session, sort=sort)]
    assert values[-3:] == [None, None, None]
    assert values[:-3] == sorted(values[:-3], reverse=sort.startswith("-"))


def test_total_counts_all_matches_only_when_asked(session: Session, ten_findings: list[str]) -> None:
    assert find_findings(session, FindingQuery(limit=2, total=True)).total == 10
    assert find_findings(session, FindingQuery(limit=2)).total is None


def test_last_page_has_no_cursor_even_when_full(session: Session, ten_findings: list[str]) -> None:
    assert find_findings(session, FindingQuery(limit=10)).next_cursor is None
    assert find_findings(session, FindingQuery(limit=9)).next_cursor is not None


def test_cursor_of_another_query_is_refused(session: Session, ten_findings: list[str]) -> None:
    cursor = find_findings(session, FindingQuery(limit=3, sort="value")).next_cursor
    others = [{"sort": "-value"}, {"sort": "value", "layer": 1}, {}]
    for other in others:
        with pytest.raises(InvalidQueryError, match="another query"):
            find_findings(session, FindingQuery(limit=3, cursor=cursor, **other))


@pytest.mark.parametrize("cursor", ["", "x", "e30", "W10", "bnVsbA", "ÿ", "WyJbMV0iLCAiMCJd", "a" * 2000])
def test_garbage_for_a_cursor_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        find_findings(session, FindingQuery(cursor=cursor))
    assert refused.value.field == "cursor"


def test_changed_cursor_is_refused(session: Session, ten_findings: list[str]) -> None:
    cursor = find_findings(session, FindingQuery(limit=3, sort="layer")).next_cursor
    assert cursor is not None
    plain, checksum = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    changed = json.dumps([plain.replace(", ", ", 1"), checksum])
    with pytest.raises(InvalidQueryError):
        find_findings(
            session,
            FindingQuery(limit=3, sort="layer", cursor=base64.urlsafe_b64encode(changed.encode()).decode()),
        )


@pytest.mark.parametrize("values", [["x", 1], [1.5, 1], [None, 1], [1], [1, 2, 3], [1, None], [{}, 1], [True, []]])
def test_forged_cursor_with_a_valid_checksum_cannot_reach_the_database(session: Session, values: list[Any]) -> None:
    query = FindingQuery(sort="layer")
    with pytest.raises(InvalidQueryError):
        find_findings(session, query.model_copy(update={"cursor": _encode(query, values)}))


def test_unknown_sort_names_the_near_one(session: Session) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        find_findings(session, FindingQuery(sort="-acession"))
    assert refused.value.near == ["accession"]


@pytest.mark.parametrize(("find", "query"), LISTS, ids=[find.__name__ for find, _ in LISTS])
def test_number_of_statements_does_not_grow_with_the_page(
    seeded_session: Session, find: Callable[..., Any], query: type[PageRequest]
) -> None:
    def statements(limit: int) -> int:
        seen: list[str] = []

        def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith("SELECT"):
                seen.append(statement)

        seeded_session.expunge_all()
        engine = seeded_session.get_bind()
        event.listen(engine, "before_cursor_execute", record)
        try:
            find(seeded_session, query(limit=limit))
        finally:
            event.remove(engine, "before_cursor_execute", record)
        return len(seen)

    # Two rows are the least on which a statement a row would show; an empty list needs fewer for its collections.
    assert statements(50) == statements(2)
