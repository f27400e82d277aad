"""Every error is a problem of the one shape, says what to do, and gives nothing away."""

from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.problems import KINDS
from catalog.db import make_engine, make_reader
from catalog.vocabulary import Status
from tests.api.serving import assert_problem, serve
from tests.factories.circuit import make_circuit
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.verification import make_verification


@pytest.mark.parametrize(
    "path",
    [
        "stages/x",
        "head-types/x",
        "papers/x",
        "papers/x/bibtex",
        "methods/x",
        "glossary/x",
        "benchmarks/x",
        "human-analogues/x",
        "mechanisms/x",
        "crosswalks/x",
        "metrics/x",
        "language-models/x",
        "language-models/x/scores",
        "language-models/x/heads/L0H0",
        "language-models/a/b",
        "language-models/a/b/heads/L0H0",
        "findings/AHF-999999",
        "circuits/x",
        "head-score-tables/x",
        "head-score-tables/x/scores",
        "head-score-tables/x/scores?format=csv",
        "detectors/x",
        "scan-runs/999999",
        "verifications/AHV-9999999",
        "entries/AHF-999999",
        "entries/AHF-999999.v1",
        "entries/AHF-999999/bibtex",
        "no-such-list",
        "",
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, path: str) -> None:
    assert_problem(client.get(f"/api/v1/{path}"), "not-found")


def test_unknown_name_comes_with_near_ones(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="previous_token")
    problem = assert_problem(client.get("/api/v1/head-types/previus_token"), "not-found")
    assert problem["near"] == ["previous_token"]
    assert problem["detail"] == "There is no head type named 'previus_token'. Did you mean previous_token?"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=501", "/query/limit"),
        ("limit=many", "/query/limit"),
        ("layer=-1", "/query/layer"),
        ("layer=99999999999999999999", "/query/layer"),
        ("polarity=maybe", "/query/polarity"),
        ("verdict=reproducd", "/query/verdict"),
        ("value_gte=nan", "/query/value_gte"),
        ("value_gte=1e999", "/query/value_gte"),
        ("total=perhaps", "/query/total"),
        ("cursor=abc", "/query/cursor"),
        ("sort=colour", "/query/sort"),
        ("head_type=nothing", "/query/head_type"),
        ("language_model=nothing", "/query/language_model"),
        ("langage_model=gpt2", "/query/langage_model"),
        ("layer=1&layer=2", "/query/layer"),
        ("q=%00", "/query/q"),
        ("q=" + "x" * 201, "/query/q"),
    ],
)
def test_unusable_parameter_is_pointed_at(client: TestClient, query: str, pointer: str) -> None:
    problem = assert_problem(client.get(f"/api/v1/findings?{query}"), "invalid-request")
    assert [part["pointer"] for part in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("query", "near"),
    [("langage_model=x", ["language_model"]), ("verdict=reproducd", ["reproduced"]), ("sort=valu", ["value"])],
)
def test_misspelling_comes_with_the_near_word(client: TestClient, query: str, near: list[str]) -> None:
    (part,) = assert_problem(client.get(f"/api/v1/findings?{query}"), "invalid-request")["errors"]
    assert part["near"][0] == near[0]


def test_all_wrong_parameters_are_named_at_once(client: TestClient) -> None:
    problem = assert_problem(client.get("/api/v1/findings?limit=0&layer=x"), "invalid-request")
    assert {part["pointer"] for part in problem["errors"]} == {"/query/limit", "/query/layer"}


@pytest.mark.parametrize("path", ["stats", "health", "head-types/x", "method-tree", "entries/AHF-000001/bibtex"])
def test_parameter_where_none_is_taken_is_refused(client: TestClient, path: str) -> None:
    problem = assert_problem(client.get(f"/api/v1/{path}?page=2"), "invalid-request")
    assert problem["errors"][0]["pointer"] == "/query/page"


@pytest.mark.parametrize(
    "path",
    [
        "findings/L1H2",
        "findings/AHT-0001",
        "verifications/AHF-000001",
        "entries/nonsense",
        "language-models/a/heads/H1",
    ],
)
def test_unreadable_notation_is_pointed_at(client: TestClient, path: str) -> None:
    problem = assert_problem(client.get(f"/api/v1/{path}"), "invalid-request")
    assert problem["errors"][0]["pointer"].startswith("/path/")


def test_head_out_of_range_tells_the_shape(client: TestClient, session: Session) -> None:
    make_language_model(session, hub_id="lab/tiny", n_layers=4, n_heads=6)
    problem = assert_problem(client.get("/api/v1/language-models/lab--tiny/heads/L4H0"), "not-found")
    assert "4 layers of 6 heads" in problem["detail"]


def test_ambiguous_name_lists_what_it_may_mean(client: TestClient, session: Session) -> None:
    for slug in ("one", "two"):
        make_head_type(session, slug=slug, aliases=("copy head",))
    assert assert_problem(client.get("/api/v1/head-types/copy"), "ambiguous-name")["near"] == ["one", "two"]


@pytest.mark.parametrize("kind", ["findings", "circuits", "verifications", "head-types", "entries"])
def test_withdrawn_entry_is_gone_with_reason_and_last_form(client: TestClient, session: Session, kind: str) -> None:
    gone = {"status": Status.WITHDRAWN, "withdrawn_reason": "misread table", "version": 2}
    maker = {"circuits": make_circuit, "verifications": make_verification, "head-types": make_head_type}
    made: Any = maker.get(kind, make_finding)(session, successor="AHF-000002", **gone)
    for version in (1, 2):
        make_entry_version(session, made.accession, version=version)
    problem = assert_problem(client.get(f"/api/v1/{kind}/{made.accession}"), "withdrawn")
    assert (problem["reason"], problem["successor"]) == ("misread table", "AHF-000002")
    last = problem["last_version_url"]
    assert last.endswith(f"/api/v1/entries/{made.accession}.v2")
    assert client.get(last.removeprefix("https://heads.example")).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_those_allowed(client: TestClient, method: str) -> None:
    response = client.request(method, "/api/v1/findings")
    assert_problem(response, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"


def test_unknown_media_type_is_not_acceptable(client: TestClient, session: Session) -> None:
    finding = make_finding(session)
    make_entry_version(session, finding.accession)
    address = f"/api/v1/entries/{finding.accession}"
    problem = assert_problem(client.get(address, headers={"accept": "image/png"}), "not-acceptable")
    assert "application/x-bibtex" in problem["detail"]


def test_fault_of_ours_gives_nothing_away(session: Session) -> None:
    with serve(session, raise_server_exceptions=False) as client:

        def broken() -> None:
            raise RuntimeError("password=hunter2")

        client.app.state.reader = broken  # type: ignore[attr-defined]
        response = client.get("/api/v1/findings")
    assert_problem(response, "internal-error")
    assert "hunter2" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_unreadable_database_is_unavailable(session: Session, tmp_path: Any) -> None:
    with serve(session) as client:
        empty = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        client.app.state.reader = make_reader(empty)  # type: ignore[attr-defined]
        for path in ("health", "findings"):
            assert_problem(client.get(f"/api/v1/{path}"), "catalog-unavailable")
        empty.dispose()


def test_every_type_of_problem_explains_itself(client: TestClient) -> None:
    for slug, kind in KINDS.items():
        described = client.get(f"/problems/{slug}").json()
        assert described["type"] == f"https://heads.example/problems/{slug}"
        assert described["status"] == kind.status
    assert len(client.get("/problems").json()) == len(KINDS)
    assert_problem(client.get("/problems/none"), "not-found")


def test_pages_answer_errors_as_pages(client: TestClient) -> None:
    response = client.get("/findings/AHF-999999")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
