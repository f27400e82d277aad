"""Whatever is sent: a clear refusal or an honest answer, never a fault, and nothing of it is executed or leaked."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app
from api.body_limit import MAX_BODY_BYTES
from api.settings import ApiSettings
from catalog.models import Finding
from catalog.queries.search.request import FIELDS, Target
from tests.api.serving import assert_problem, serve
from tests.factories.finding import make_finding

SEARCH = "/api/v1/search"
DOCUMENT: dict[str, Any] = create_app(ApiSettings(database_url="sqlite://")).openapi()
LISTS = ("findings", "heads", "coverage", "head-types", "entries", "resolve", "search", "compare")
HOSTILE = ("'; DROP TABLE findings; --", "<script>alert(1)</script>", "\u202e{{7*7}}\\", "9" * 40, "1e999")
_QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def parameters(path: str) -> list[str]:
    operation = DOCUMENT["paths"][f"/api/v1/{path}"]["get"]
    return [each["name"] for each in operation["parameters"] if each["in"] == "query"]


@pytest.fixture
def open_client(session: Session) -> Any:
    """A client that gets a fault as the answer that it is, over a catalog with one finding."""
    make_finding(session)
    with serve(session, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", LISTS)
def test_sql_and_markup_in_every_parameter_are_only_text(open_client: TestClient, session: Session, path: str) -> None:
    for name in parameters(path):
        for text in HOSTILE:
            response = open_client.get(f"/api/v1/{path}", params={name: text})
            assert response.status_code in (200, 404, 422), (name, text, response.text)
            assert response.headers["content-type"] in ("application/json", "application/problem+json")
            assert "Traceback" not in response.text
            assert "SELECT" not in response.text
    assert session.scalar(select(func.count(Finding.id))) == 1


def test_sql_and_markup_in_every_field_of_a_search_are_only_text(open_client: TestClient, session: Session) -> None:
    for target in Target:
        for name, field in FIELDS[target].items():
            for text in HOSTILE[:2]:
                where = {"field": name, "op": field.operators[0], "value": text}
                response = open_client.post(SEARCH, json={"target": target, "where": where})
                assert response.status_code in (200, 422), (target, name, text, response.text)
    assert session.scalar(select(func.count(Finding.id))) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(
            st.sampled_from(["and", "or", "not", "field", "op", "value", "where", "x"]), parts, max_size=4
        )
    ),
    max_leaves=12,
)


@_QUICK
@given(
    body=st.dictionaries(st.sampled_from(["target", "where", "sort", "limit", "cursor", "fields", "include"]), _JSON)
)
def test_any_json_as_a_search_is_answered_or_refused(open_client: TestClient, body: dict[str, Any]) -> None:
    response = open_client.post(SEARCH, content=json.dumps(body), headers={"content-type": "application/json"})
    assert response.status_code in (200, 400, 422), response.text


@_QUICK
@given(body=st.binary(max_size=200))
def test_any_bytes_as_a_search_are_refused_in_the_one_shape(open_client: TestClient, body: bytes) -> None:
    response = open_client.post(SEARCH, content=body, headers={"content-type": "application/json"})
    if response.status_code != 200:
        assert response.status_code in (400, 422)
        assert response.headers["content-type"] == "application/problem+json"


@_QUICK
@given(cursor=st.text(max_size=80) | st.binary(max_size=60).map(lambda each: each.hex()))
def test_any_cursor_that_we_did_not_make_is_refused(open_client: TestClient, cursor: str) -> None:
    assert_problem(open_client.get("/api/v1/findings", params={"cursor": cursor}), "invalid-request")
    assert_problem(open_client.post(SEARCH, json={"cursor": cursor}), "invalid-request")


def test_cursor_whose_row_is_gone_goes_on_behind_it(open_client: TestClient, session: Session) -> None:
    first, second, third = (make_finding(session, layer=layer) for layer in (5, 6, 7))
    page = open_client.get("/api/v1/findings?sort=layer&limit=2").json()
    session.delete(first)
    session.flush()
    rest = open_client.get(page["next"]).json()
    assert [item["accession"] for item in rest["items"]] == [second.accession, third.accession]


@pytest.mark.parametrize("is_stated", [True, False])
def test_ten_megabytes_are_refused_as_too_large(open_client: TestClient, is_stated: bool) -> None:
    chunk = b" " * 100_000
    content: Any = chunk * 100 if is_stated else (chunk for _ in range(100))
    problem = assert_problem(open_client.post(SEARCH, content=content), "content-too-large")
    assert str(MAX_BODY_BYTES) in problem["detail"]


@pytest.mark.parametrize("levels", [9, 400, 20_000])
def test_deep_expression_is_refused(open_client: TestClient, levels: int) -> None:
    leaf = '{"field": "layer", "op": "eq", "value": 1}'
    body = '{"where": ' + '{"not": ' * levels + leaf + "}" * levels + "}"
    response = open_client.post(SEARCH, content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.text) < 2000


@pytest.mark.parametrize("query", ["q=%ff%fe", "head_type=%c3%28", "cursor=%ed%a0%80", "fields=%ff", "%ff=1"])
def test_bytes_that_are_no_utf_8_are_refused_or_find_nothing(open_client: TestClient, query: str) -> None:
    response = open_client.get(f"/api/v1/findings?{query}")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
