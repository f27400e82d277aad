"""The search expression: it means what logic says, takes only what fits, and stays bounded."""

from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.models import Finding
from catalog.queries.search.expression import MAX_CONDITIONS, MAX_DEPTH
from catalog.queries.search.request import (
    FIELDS,
    SORTS,
    SearchRequest,
    Target,
    search_findings,
    search_head_types,
    search_heads,
    search_scores,
)
from catalog.vocabulary import Polarity, Verdict
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.verification import make_verification

Node = dict[str, Any]


def is_(field: str, op: str, value: Any) -> Node:
    return {"field": field, "op": op, "value": value}


@pytest.fixture
def four(session: Session) -> list[Finding]:
    """Findings on heads 0 to 3 with values 0.0, 0.1, 0.2 and none."""
    metric, model = make_metric(session), make_language_model(session)
    values = [0.0, 0.1, 0.2, None]
    return [
        make_finding(session, language_model=model, metric=metric, head=head, value=value)
        for head, value in enumerate(values)
    ]


def heads(session: Session, four: list[Finding], where: Node) -> list[int]:
    ids = search_findings(session, SearchRequest.model_validate({"where": where})).items
    return [each.head for each in four if each.id in ids]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (is_("head", "eq", 1), [1]),
        (is_("head", "ne", 1), [0, 2, 3]),
        (is_("head", "in", [0, 3]), [0, 3]),
        (is_("head", "lt", 1), [0]),
        (is_("head", "lte", 1), [0, 1]),
        (is_("head", "gt", 1), [2, 3]),
        (is_("head", "gte", 1), [1, 2, 3]),
        (is_("value", "exists", True), [0, 1, 2]),
        (is_("value", "exists", False), [3]),
        ({"not": is_("value", "gte", 0.1)}, [0]),
        ({"and": [is_("head", "gt", 0), is_("head", "lt", 3)]}, [1, 2]),
        ({"or": [is_("head", "eq", 0), is_("head", "eq", 3)]}, [0, 3]),
        ({"and": [{"or": [is_("head", "eq", 0), is_("head", "eq", 1)]}, {"not": is_("head", "eq", 0)}]}, [1]),
    ],
    ids=str,
)
def test_expression_finds_what_logic_says(
    session: Session, four: list[Finding], where: Node, expected: list[int]
) -> None:
    assert heads(session, four, where) == expected


_LEAVES = st.integers(0, 3).flatmap(
    lambda n: st.sampled_from([is_("head", "eq", n), is_("head", "lte", n), is_("head", "in", [n, 0])])
)
_TREES = st.recursive(
    _LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda each: {"and": each}),
        st.lists(parts, min_size=1, max_size=3).map(lambda each: {"or": each}),
        parts.map(lambda each: {"not": each}),
    ),
    max_leaves=6,
)


def holds(where: Node, head: int) -> bool:
    if "and" in where:
        return all(holds(each, head) for each in where["and"])
    if "or" in where:
        return any(holds(each, head) for each in where["or"])
    if "not" in where:
        return not holds(where["not"], head)
    value = where["value"]
    return {"eq": head == value, "lte": where["op"] == "lte" and head <= value}.get(
        where["op"], isinstance(value, list) and head in value
    )


def depth(where: Node) -> int:
    parts = where.get("and") or where.get("or") or ([where["not"]] if "not" in where else [])
    return 1 + max((depth(each) for each in parts), default=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=_TREES)
def test_database_agrees_with_logic(session: Session, four: list[Finding], where: Node) -> None:
    if depth(where) <= MAX_DEPTH:
        assert heads(session, four, where) == [head for head in range(4) if holds(where, head)]


@pytest.mark.parametrize(
    ("where", "place", "near"),
    [
        (is_("hed_type", "eq", "x"), "where/field", "head_type"),
        ({"and": [is_("head", "eq", 1), is_("verdict", "eq", "reproducd")]}, "where/and/1/value", "reproduced"),
        ({"not": is_("verdict", "gte", "error")}, "where/not/op", None),
        (is_("head", "eq", "1"), "where/value", None),
        (is_("head", "eq", True), "where/value", None),
        (is_("layer", "eq", 1.5), "where/value", None),
        (is_("layer", "eq", 2**31), "where/value", None),
        (is_("layer", "lt", -1e300), "where/value", None),
        (is_("head", "in", 1), "where/value", None),
        (is_("head", "eq", [1]), "where/value", None),
        (is_("value", "exists", 1), "where/value", None),
        (is_("verified", "gte", "yesterday"), "where/value", None),
        (is_("head_type", "eq", "nothing"), "where/value", None),
        (is_("text", "matches", "%"), "where/value", None),
        (is_("task", "matches", "x"), "where/op", None),
    ],
    ids=str,
)
def test_what_does_not_fit_is_pointed_at(session: Session, where: Node, place: str, near: str | None) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        search_findings(session, SearchRequest.model_validate({"where": where}))
    assert refused.value.field == place
    assert near is None or near in refused.value.near


def nested(levels: int) -> Node:
    where = is_("head", "eq", 1)
    for _ in range(levels - 1):
        where = {"not": where}
    return where


@pytest.mark.parametrize(
    "where",
    [
        nested(MAX_DEPTH + 1),
        nested(500),
        {"and": [is_("head", "eq", 1)] * (MAX_CONDITIONS + 1)},
        {"or": [{"and": [is_("head", "eq", 1)] * 60}] * 2},
        is_("head", "in", list(range(201))),
        is_("task", "eq", "x" * 201),
        is_("task", "eq", "a\x00b"),
        is_("value", "eq", float("nan")),
        is_("head", "eq", None),
        is_("head", "like", 1),
        {"and": []},
        {"and": [is_("head", "eq", 1)], "or": [is_("head", "eq", 1)]},
        {},
        [],
        "head = 1",
        {"field": "head", "op": "eq", "value": 1, "more": 2},
    ],
    ids=lambda where: str(where)[:40],
)
def test_unreadable_expression_is_refused(where: Any) -> None:
    with pytest.raises(ValidationError):
        SearchRequest.model_validate({"where": where})


def test_deepest_and_largest_expression_is_read(session: Session, four: list[Finding]) -> None:
    assert heads(session, four, nested(MAX_DEPTH)) == [0, 2, 3]
    assert heads(session, four, {"or": [is_("head", "eq", 1)] * MAX_CONDITIONS}) == [1]


@pytest.mark.parametrize("target", Target)
def test_every_field_reaches_the_database(session: Session, target: Target) -> None:
    search = {
        Target.FINDINGS: search_findings,
        Target.HEADS: search_heads,
        Target.HEAD_TYPES: search_head_types,
        Target.SCORES: search_scores,
    }[target]
    values = {"name": "x", "text": "x", "words": "x", "number": 0.5, "whole number": 1, "date": "2026-01-01"}
    for name, field in FIELDS[target].items():
        value: Any = field.choices[0] if field.choices else values.get(field.kind, True)
        for op in {field.operators[0], field.operators[-1]}:
            given_value = True if op == "exists" else [value] if op == "in" else value
            request = SearchRequest.model_validate({"target": target, "where": is_(name, op, given_value)})
            named = name != "family" or target is not Target.HEAD_TYPES
            is_refused = field.kind == "name" and named and op != "exists"
            with pytest.raises(InvalidQueryError, match="There is no") if is_refused else nullcontext():
                search(session, request)
    for sort in SORTS[target]:
        search(session, SearchRequest.model_validate({"target": target, "sort": f"-{sort}"}))


def test_heads_are_found_by_claims_on_them(session: Session) -> None:
    model, head_type = make_language_model(session), make_head_type(session, slug="wanted")
    both = {"language_model": model, "layer": 1, "head": 7}
    claim = make_finding(session, head_type=head_type, **both)
    make_finding(session, head_type=head_type, polarity=Polarity.IS_NOT, **both)
    make_finding(session, **both)
    make_finding(session, head_type=head_type, language_model=model, layer=2)
    make_verification(session, finding=claim, verdict=Verdict.REPRODUCED)
    session.expunge_all()
    where = {"and": [is_("head_type", "eq", "wanted"), is_("head", "eq", 7)]}
    (row,) = search_heads(session, SearchRequest.model_validate({"target": "heads", "where": where})).items
    assert str(row.head) == "L1H7"
    assert [each.finding.polarity for each in row.findings] == ["is", "is_not"]
    page = search_heads(session, SearchRequest(target=Target.HEADS, limit=1, total=True))
    assert page.total == 2
    rest = search_heads(session, SearchRequest(target=Target.HEADS, limit=1, cursor=page.next_cursor))
    assert [str(each.head) for each in page.items + rest.items] == ["L1H7", "L2H2"]


def test_scores_and_head_types_are_found(session: Session) -> None:
    metric = make_metric(session, slug="mass")
    make_head_score_table(session, {(0, 0): 0.9, (1, 0): 0.8, (1, 1): None}, metric=metric)
    make_head_score_table(session, {(0, 0): 0.9})
    where = {"and": [is_("metric", "eq", "mass"), is_("score", "gte", 0.5)]}
    request = SearchRequest.model_validate({"target": "scores", "where": where, "sort": "-score"})
    assert [each.score.score for each in search_scores(session, request).items] == [0.9, 0.8]
    claimed, _ = make_head_type(session, slug="claimed"), make_head_type(session, slug="idle", aliases=("copy head",))
    make_finding(session, head_type=claimed)
    wheres = {"claimed": is_("n_findings", "gte", 1), "idle": is_("text", "matches", "copy")}
    for slug, each in wheres.items():
        asked = SearchRequest.model_validate({"target": "head_types", "where": each})
        assert [row.head_type.slug for row in search_head_types(session, asked).items] == [slug]
