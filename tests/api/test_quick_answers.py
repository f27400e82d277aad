"""What is answered without the framework: the same bytes and fields as with it, and refusals as everywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic_core import to_json
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api import quick_answers
from api.app import create_app
from api.quick_answers import QuickAnswers
from api.schemas.base import Links
from api.schemas.finding import FindingDetailRecord
from api.settings import ApiSettings
from catalog.db import LongStatementError, make_engine, make_reader, short_statements
from catalog.queries.finding import get_finding
from tests.api.serving import PUBLIC_URL, assert_problem
from tests.factories.finding import make_finding
from tests.factories.verification import make_verification

BY_HAND = {"accept": "application/json"}
BY_THE_FRAMEWORK = {"accept": "application/json, text/plain;q=0.1"}
"""An `Accept` that is not plain, and asks for the same form."""

PATHS = (
    "/api/v1/findings",
    "/api/v1/findings?head_type=induction&sort=-value&limit=7&total=true",
    "/api/v1/findings?language_model=openai-community/gpt2&polarity=is&layer=5&fields=accession,value",
    "/api/v1/findings?include=papers,verifications&limit=3",
    "/api/v1/findings?as_of=2031-01-01&limit=3",
    "/api/v1/findings?q=name%20mover&value_gte=0.1",
    "/api/v1/findings/AHF-000123",
    "/api/v1/findings/ahf-123",
    "/api/v1/entries/AHF-000123.v1",
    "/api/v1/entries/AHT-0027",
)

REFUSED = (
    "/api/v1/findings?limit=0",
    "/api/v1/findings?limit=",
    "/api/v1/findings?nothing=1",
    "/api/v1/findings?layer=1&layer=2",
    "/api/v1/findings?head_type=previus_token",
    "/api/v1/findings?task=a%00b",
    "/api/v1/findings?cursor=abc",
    "/api/v1/findings/AHF-999999",
    "/api/v1/findings/AHF-000123.v1",
    "/api/v1/findings/AHF-000123?nothing=1",
    "/api/v1/entries/AHF-000123.v99",
    "/api/v1/entries/none",
)


@pytest.fixture(scope="module")
def server(seeded_engine: Engine) -> Iterator[TestClient]:
    """The server over the shipped records, whose state can be told on both databases."""
    with TestClient(create_app(ApiSettings(public_url=PUBLIC_URL), seeded_engine), follow_redirects=False) as client:
        yield client


@pytest.fixture
def made_by_hand(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request was answered without the framework, in order."""
    noted: list[bool] = []
    made = QuickAnswers._made

    async def note(self: QuickAnswers, asked: Any) -> Any:
        response = await made(self, asked)
        noted.append(response is not None)
        return response

    monkeypatch.setattr(QuickAnswers, "_made", note)
    return noted


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_those_of_the_framework(server: TestClient, made_by_hand: list[bool], path: str) -> None:
    quick, framed = server.get(path, headers=BY_HAND), server.get(path, headers=BY_THE_FRAMEWORK)
    assert made_by_hand == [True]
    assert (quick.status_code, quick.content) == (framed.status_code, framed.content)
    assert quick.status_code == 200
    # A tag names the form that was asked for, and each request has a name of its own.
    own = ("etag", "x-request-id", "ratelimit")
    fields = [{k: v for k, v in answer.headers.items() if k not in own} for answer in (quick, framed)]
    assert fields[0] == fields[1]
    assert ("etag" in quick.headers) is ("etag" in framed.headers) is True


@pytest.mark.parametrize("path", REFUSED)
def test_refusals_are_those_of_the_framework(server: TestClient, made_by_hand: list[bool], path: str) -> None:
    quick, framed = server.get(path, headers=BY_HAND), server.get(path, headers=BY_THE_FRAMEWORK)
    assert True not in made_by_hand
    assert quick.status_code in (404, 422)
    said = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in (quick, framed)]
    assert said[0] == said[1]


def test_other_forms_are_left_to_the_framework(server: TestClient, made_by_hand: list[bool]) -> None:
    assert server.get("/api/v1/findings/AHF-000123", headers={"accept": "application/x-bibtex"}).status_code == 303
    assert server.get("/api/v1/entries/AHF-000123.v1", headers={"accept": "text/csv"}).status_code == 200
    assert server.get("/api/v1/entries/AHF-000123.v1?format=ris").status_code == 200
    assert not made_by_hand


def test_a_held_answer_is_not_made_again(server: TestClient) -> None:
    path = "/api/v1/findings?sort=-value&limit=3"
    tag = server.get(path).headers["etag"]
    again = server.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_one_finding_is_what_the_schema_says(client: TestClient, session: Session) -> None:
    claimed = make_finding(session, note="Größe")
    for _ in range(2):
        make_verification(session, finding=claimed)
    place = {"language_model_id": claimed.language_model_id, "layer": claimed.layer, "head": claimed.head}
    make_finding(session, circuit_role="mover", **place)
    session.commit()
    session.expunge_all()
    expected = FindingDetailRecord.from_detail(get_finding(session, claimed.accession), Links(PUBLIC_URL))
    assert len(expected.verifications) == 2
    assert len(expected.same_head) == 1
    assert client.get(f"/api/v1/findings/{claimed.accession}").content == to_json(expected)


def test_every_shipped_finding_is_what_the_schema_says(server: TestClient, seeded_engine: Engine) -> None:
    links = Links(PUBLIC_URL)
    with make_reader(seeded_engine)() as session:
        for number in range(1, 3000, 157):
            expected = FindingDetailRecord.from_detail(get_finding(session, f"AHF-{number:06}"), links)
            assert server.get(f"/api/v1/findings/AHF-{number:06}").content == to_json(expected)


def test_a_withdrawn_finding_says_so(client: TestClient, session: Session) -> None:
    gone = make_finding(session, status="withdrawn", withdrawn_reason="Read wrongly.")
    session.commit()
    problem = assert_problem(client.get(f"/api/v1/findings/{gone.accession}"), "withdrawn")
    assert problem["reason"] == "Read wrongly."


def test_a_long_statement_is_made_in_a_thread(
    server: TestClient, made_by_hand: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_answers, "MOST_STEPS", 0)
    long = "/api/v1/findings?task=zz&sort=value&limit=2"
    first, second = server.get(long), server.get(f"{long}0")
    assert (first.status_code, second.status_code, made_by_hand) == (200, 200, [True, True])


def test_a_statement_is_broken_off_and_the_session_goes_on() -> None:
    engine = make_engine("sqlite://")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with make_reader(engine)() as session:
        connection = session.connection()
        with pytest.raises(LongStatementError), short_statements(session, 100_000):
            connection.exec_driver_sql(endless)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        with short_statements(session, 100_000):
            assert connection.exec_driver_sql("SELECT 2").scalar() == 2
