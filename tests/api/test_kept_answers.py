"""Answers that were given before: the same bytes for the same state, and nothing old."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app
from api.kept_answers import MOST_ANSWERS, KeptAnswer, KeptAnswers
from api.settings import ApiSettings
from tests.factories.finding import make_finding


def test_second_answer_reads_no_record(seeded_engine: Engine) -> None:
    sent: list[str] = []

    def note(*called: Any) -> None:
        if called[2].startswith("SELECT"):
            sent.append(called[2])

    event.listen(seeded_engine, "before_cursor_execute", note)
    try:
        with TestClient(create_app(ApiSettings(), seeded_engine)) as client:
            for path in ("/api/v1/findings?limit=5", "/api/v1/findings/AHF-000123", "/api/v1/entries/AHF-000123.v1"):
                first = client.get(path)
                assert len(sent) > 1
                sent.clear()
                second = client.get(path)
                assert second.content == first.content
                assert len(sent) == 1
                assert re.search("revision|pg_current_snapshot", sent[0])
                for name in ("etag", "cache-control", "vary", "content-type", "x-content-type-options", "link"):
                    assert second.headers.get(name) == first.headers.get(name)
                assert second.headers["x-request-id"] != first.headers["x-request-id"]
    finally:
        event.remove(seeded_engine, "before_cursor_execute", note)


def test_more_requests_at_once_than_connections_are_kept_are_all_answered(seeded_engine: Engine) -> None:
    with TestClient(create_app(ApiSettings(), seeded_engine)) as client, ThreadPoolExecutor(40) as clients:
        paths = [f"/api/v1/findings?sort=-value&value_lte={number}" for number in range(60)]
        answers = list(clients.map(client.get, paths, timeout=25))
    assert {answer.status_code for answer in answers} == {200}


def test_a_change_is_seen_at_once(client: TestClient, session: Session) -> None:
    path = "/api/v1/findings?total=true"
    before = [client.get(path).json()["total"] for _ in range(2)]
    make_finding(session)
    session.commit()
    assert [client.get(path).json()["total"] for _ in range(2)] == [before[0] + 1] * 2


def test_forms_of_one_address_are_kept_apart(client: TestClient, session: Session) -> None:
    path = f"/api/v1/findings/{make_finding(session, version=1).accession}"
    session.commit()
    asked = [{"accept-encoding": form} for form in ("identity", "gzip", "br")]
    first = [client.get(path, headers=headers) for headers in asked]
    again = [client.get(path, headers=headers) for headers in asked]
    for one, other in zip(first, again, strict=True):
        assert (one.json(), one.headers["etag"]) == (other.json(), other.headers["etag"])
        assert one.headers.get("content-encoding") == other.headers.get("content-encoding")


def test_a_held_kept_answer_has_no_body(client: TestClient) -> None:
    first = client.get("/api/v1/findings")
    client.get("/api/v1/findings")
    again = client.get("/api/v1/findings", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (
        first.headers["etag"],
        first.headers["cache-control"],
    )
    assert "content-type" not in again.headers


def test_refusals_are_not_kept(client: TestClient) -> None:
    first, second = (client.get("/api/v1/findings?nothing=1") for _ in range(2))
    assert first.status_code == second.status_code == 422
    assert first.json()["request_id"] != second.json()["request_id"]


def test_the_oldest_go_when_the_room_is_used_up() -> None:
    kept = KeptAnswers(most_bytes=10)
    for name in "abc":
        kept.keep(name, KeptAnswer([], b"1234"))
        kept.find("a")
    assert [kept.find(name) is not None for name in "abc"] == [True, False, True]


def test_many_small_answers_have_an_end() -> None:
    kept = KeptAnswers()
    for number in range(MOST_ANSWERS + 1):
        kept.keep(number, KeptAnswer([], b""))
    assert kept.find(0) is None
    assert kept.find(1) is not None
