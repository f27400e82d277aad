"""What a public server owes its clients and whoever runs it: limits, request names, logs, counts, readiness, CORS."""

import io
import json
import logging
import multiprocessing
import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from api import client_counts
from api.app import create_app
from api.client_counts import ClientCounts
from api.logs import JsonLines
from api.rate_limit import RateLimit
from api.settings import ApiSettings
from catalog.db import make_engine
from catalog.schema import upgrade
from tests.api.serving import PUBLIC_URL, assert_problem, serve


def limited(limit: int) -> TestClient:
    """A server without a catalog that lets each client ask so many times."""
    return TestClient(create_app(ApiSettings(database_url="sqlite://", public_url=PUBLIC_URL, rate_limit=limit)))


def test_every_answer_says_how_much_is_left_and_the_next_one_is_refused() -> None:
    client = limited(2)
    for left in (1, 0):
        answer = client.get("/problems")
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"requests";q=2;w=60'
        assert re.fullmatch(rf'"requests";r={left};t=(60|59)', answer.headers["ratelimit"])
    refused = client.get("/api/v1/findings")
    problem = assert_problem(refused, "too-many-requests")
    assert "wait" in problem["detail"]
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"requests";r=0;')
    assert refused.headers["access-control-allow-origin"] == "*"
    # Whoever watches the server sees it also then.
    assert client.get("/healthz").status_code == 200


def test_limit_of_zero_is_off() -> None:
    assert "ratelimit" not in limited(0).get("/problems").headers


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return None


def test_window_ends_and_clients_are_counted_apart() -> None:
    clock = Clock()
    limit = RateLimit(nothing, limit=2, counts=ClientCounts(10, is_shared=False), clock=clock)
    assert [limit._count("a")[0] for _ in range(3)] == [1, 2, 3]
    assert limit._count("b") == (1, 10)
    clock.now = 9.0
    assert limit._count("a") == (4, 1)
    clock.now = 10.0
    assert limit._count("a") == (1, 10)


def test_memory_of_clients_is_bounded_and_the_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_counts, "MAX_CLIENTS", 8)
    counts = ClientCounts(10, is_shared=False)
    assert [counts.count(f"{number}", number / 8)[0] for number in range(8)] == [1] * 8
    assert counts.count("7", 1.0) == (2, 7 / 8)
    # The ninth takes the place of the first, which begins anew.
    assert counts.count("8", 1.0) == (1, 1.0)
    assert counts.count("1", 1.0) == (2, 1 / 8)
    assert counts.count("0", 1.0) == (1, 1.0)


def test_processes_count_clients_together() -> None:
    counts = ClientCounts(100, is_shared=True)
    copies = [multiprocessing.get_context("fork").Process(target=_count_often, args=(counts,)) for _ in range(3)]
    for each in copies:
        each.start()
    for each in copies:
        each.join(20)
    assert counts.count("a", 1.0) == (3 * 500 + 1, 0.0)


def _count_often(counts: ClientCounts) -> None:
    for _ in range(500):
        counts.count("a", 0.0)


def test_request_keeps_the_name_that_it_came_with_or_gets_one(client: TestClient) -> None:
    assert client.get("/problems", headers={"x-request-id": "abc-1.2_X"}).headers["x-request-id"] == "abc-1.2_X"
    names = {client.get("/problems").headers["x-request-id"] for _ in range(2)}
    assert len(names) == 2
    # Anything else would stand in logs and answers as the client wrote it.
    for unusable in ("a b", "x" * 65, '"', "é".encode("latin-1")):
        answered = client.get("/problems", headers={"x-request-id": unusable}).headers["x-request-id"]
        assert len(answered) == 32
    problem = assert_problem(client.get("/api/v1/nothing", headers={"x-request-id": "mine"}), "not-found")
    assert problem["request_id"] == "mine"


@pytest.fixture
def lines() -> Any:
    """What the server logs, line by line, from `info` up."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    roots = [logging.getLogger(name) for name in ("headcat.requests", "api.errors")]
    before = [each.level for each in roots]
    for each in roots:
        each.addHandler(handler)
        each.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for each, level in zip(roots, before, strict=True):
        each.removeHandler(handler)
        each.setLevel(level)


def test_request_is_one_line_of_json(client: TestClient, lines: Any) -> None:
    answer = client.get("/problems", headers={"x-request-id": "mine"})
    (line,) = lines()
    assert (line["logger"], line["level"], line["message"]) == ("headcat.requests", "info", "GET /problems 200")
    facts = {"request_id": "mine", "method": "GET", "path": "/problems", "status": 200, "client": "testclient"}
    assert facts.items() <= line.items()
    assert line["milliseconds"] > 0
    assert answer.status_code == 200


def test_fault_is_logged_with_the_name_that_the_client_was_told(session: Session, lines: Any) -> None:
    with serve(session, raise_server_exceptions=False) as client:
        app: Any = client.app
        app.state.reader = None  # cannot be called
        answer = client.get("/api/v1/stats")
        assert_problem(answer, "internal-error")
    fault = next(line for line in lines() if line["level"] == "error")
    assert fault["request_id"] == answer.headers["x-request-id"]
    assert "TypeError" in fault["exception"]
    assert "TypeError" not in answer.text


def test_counts_are_read_by_prometheus(client: TestClient) -> None:
    for path in ("/problems", "/problems", "/api/v1/findings", "/api/v1/nothing/at/all", "/.env"):
        client.get(path)
    answer = client.get("/server-metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    counted = {
        (sample.labels["address"], sample.labels["status"]): sample.value
        for sample in families["headcat_requests"].samples
    }
    assert counted[("/problems", "200")] == 2
    assert counted[("/api/v1/findings", "200")] == 1
    # However many addresses are tried, they are one series.
    assert counted[("other", "404")] == 2
    durations = families["headcat_request_duration_seconds"].samples
    whole = {each.labels["address"]: each.value for each in durations if each.name.endswith("_count")}
    widest = {each.labels["address"]: each.value for each in durations if each.labels.get("le") == "+Inf"}
    assert whole == widest
    assert whole["/problems"] == 2
    assert families["headcat_requests_in_progress"].samples[0].value == 1


def test_liveness_asks_no_database_and_readiness_asks_for_the_schema(tmp_path: Any) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    client = TestClient(create_app(ApiSettings(public_url=PUBLIC_URL), engine))
    assert client.get("/healthz").json() == {"status": "ok"}
    problem = assert_problem(client.get("/readyz"), "catalog-unavailable")
    assert "headcat db upgrade" in problem["detail"]
    upgrade(engine)
    assert client.get("/readyz").json() == {"status": "ok"}
    engine.dispose()


def test_page_of_another_site_may_read_with_headers_of_its_own(client: TestClient) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "GET"}
    allowed = client.options("/api/v1/findings", headers=asked)
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in allowed.headers["access-control-allow-headers"]
    assert "Authorization" not in allowed.headers["access-control-allow-headers"]
    exposed = client.get("/api/v1/findings").headers["access-control-expose-headers"]
    for name in ("ETag", "Link", "RateLimit", "X-Request-ID"):
        assert name in exposed
    assert "access-control-allow-origin" not in client.options("/findings", headers=asked).headers


def test_address_that_is_misspelled_comes_with_the_near_one(client: TestClient) -> None:
    problem = assert_problem(client.get("/api/v1/head_types/induction"), "not-found")
    assert problem["near"][0] == "/api/v1/head-types"
    assert "Did you mean /api/v1/head-types" in problem["detail"]
