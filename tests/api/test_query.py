"""Asking the catalog: quick lists, chosen fields, included records, resolve, compare, similar heads, coverage."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.schemas.base import Links
from api.schemas.finding import FindingRecord
from catalog.queries.finding import find_findings
from catalog.vocabulary import Polarity, Unit, Verdict
from tests.api.serving import PUBLIC_URL, assert_problem
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.method import make_method
from tests.factories.metric import make_metric
from tests.factories.stage import make_stage
from tests.factories.verification import make_verification


@pytest.fixture
def findings(session: Session) -> list[str]:
    """Findings in which every field is once filled and once empty."""
    metric = make_metric(session)
    grouped = make_language_model(session, n_heads=8, n_kv_heads=2)
    table = make_head_score_table(session, {(0, 0): 0.5}, language_model=grouped, metric=metric)
    full = make_finding(
        session,
        metric=metric,
        language_model=grouped,
        unit=Unit.KV_GROUP,
        head=1,
        value=0.5,
        method_id=make_method(session).id,
        stage_id=make_stage(session).id,
        head_score_table_id=table.id,
        scope="narrow",
        note="Größe",
    )
    make_verification(session, finding=full)
    make_verification(session, finding=full, score=None, score_absent_reason="it broke", verdict=Verdict.ERROR)
    bare = make_finding(session, circuit_role="mover")
    return [full.accession, bare.accession]


def test_quick_list_is_what_the_schema_says_of_each_finding(
    client: TestClient, session: Session, findings: list[str]
) -> None:
    session.expunge_all()
    links = Links(PUBLIC_URL)
    expected = [FindingRecord.of(row, links).model_dump(mode="json") for row in find_findings(session).items]
    assert client.get("/api/v1/findings").json()["items"] == expected
    # A second answer comes from what is kept of the first.
    assert client.get("/api/v1/findings?limit=20").json()["items"] == expected


def test_fields_are_those_that_were_asked_for(client: TestClient, findings: list[str]) -> None:
    for name in FindingRecord.model_fields:
        items = client.get(f"/api/v1/findings?fields={name}").json()["items"]
        assert [set(item) for item in items] == [{name}] * 2
    (item,) = client.get("/api/v1/head-types?fields=slug,name&limit=1").json()["items"]
    assert set(item) == {"slug", "name"}
    problem = assert_problem(client.get("/api/v1/findings?fields=acession"), "invalid-request")
    assert problem["errors"][0]["near"][0] == "accession"


def test_included_records_come_once_each(client: TestClient, findings: list[str]) -> None:
    kinds = ("papers", "head_types", "language_models", "metrics", "verifications")
    page = client.get(f"/api/v1/findings?include={','.join(kinds)}").json()
    assert {kind: len(page["included"][kind]) for kind in kinds} == {
        "papers": 2,
        "head_types": 1,
        "language_models": 2,
        "metrics": 1,
        "verifications": 2,
    }
    assert client.get("/api/v1/findings").json()["included"] is None


@pytest.mark.parametrize("deep", ["papers.authors", "papers,papers", "included", ",", "papers" + ".papers" * 20])
def test_include_is_one_level_of_a_closed_list(client: TestClient, deep: str) -> None:
    assert_problem(client.get("/api/v1/findings", params={"include": deep}), "invalid-request")


def test_unchanged_state_is_answered_without_reading_a_record(
    client: TestClient, session: Session, findings: list[str]
) -> None:
    if session.get_bind().dialect.name == "postgresql":
        pytest.skip("a transaction that has written has no revision on PostgreSQL")
    session.commit()
    for path in ("/api/v1/findings", f"/api/v1/findings/{findings[0]}", "/api/v1/head-types"):
        first = client.get(path)
        for headers, status in (({"if-none-match": first.headers["etag"]}, 304), ({}, 200)):
            seen: list[str] = []

            def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any, seen: list[str] = seen) -> None:
                seen.append(statement)

            event.listen(session.get_bind(), "before_cursor_execute", record)
            again = client.get(path, headers=headers)
            event.remove(session.get_bind(), "before_cursor_execute", record)
            assert again.status_code == status
            assert [each for each in seen if each.startswith("SELECT")] == ["SELECT revision FROM catalog_revision"]
            assert again.content == (b"" if status == 304 else first.content)
        make_finding(session)
        session.commit()
        changed = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert changed.status_code == 200


def test_as_of_names_the_version_of_then(client: TestClient, session: Session) -> None:
    finding = make_finding(session, version=2)
    for version, year in ((1, 2030), (2, 2032)):
        made = make_entry_version(session, finding.accession, version=version)
        made.created_at = datetime(year, 1, 1, tzinfo=UTC)
    session.flush()
    (item,) = client.get("/api/v1/findings?as_of=2031-01-01").json()["items"]
    assert (item["version"], item["version_url"][-3:]) == (1, ".v1")
    (entry,) = client.get("/api/v1/entries?as_of=2031-01-01").json()["items"]
    assert entry["version"] == 1
    assert client.get("/api/v1/entries?as_of=2029-01-01").json()["items"] == []


def meanings(client: TestClient, name: str) -> list[tuple[str, str]]:
    answer = client.get("/api/v1/resolve", params={"q": name}).json()
    assert answer["is_ambiguous"] == (len(answer["meanings"]) > 1)
    return [(each["kind"], each["key"]) for each in answer["meanings"]]


def test_name_is_resolved_with_all_its_meanings(client: TestClient, session: Session) -> None:
    for slug in ("one", "two"):
        make_head_type(session, slug=slug, aliases=("Copy Head",))
    make_language_model(session, hub_id="lab/tiny", n_layers=2, n_heads=2)
    make_metric(session, slug="copy")
    assert meanings(client, "copy heads") == [("head_type", "one"), ("head_type", "two"), ("metric", "copy")]
    assert meanings(client, "tiny") == meanings(client, "lab/tiny") == [("language_model", "lab--tiny")]
    assert meanings(client, "tiny L1H1") == [("head", "L1H1")]
    assert meanings(client, "tiny L2H0") == []
    assert "one" in client.get("/api/v1/resolve?q=onee").json()["near"]


def test_heads_stand_side_by_side(client: TestClient, session: Session) -> None:
    model = make_language_model(session, hub_id="lab/tiny", n_layers=2)
    metric, head_type = make_metric(session, slug="mass"), make_head_type(session, slug="wanted")
    make_head_score_table(session, {(0, 0): 0.1, (1, 0): 0.9}, language_model=model, metric=metric)
    make_finding(session, language_model=model, head_type=head_type, layer=1, head=0)
    make_finding(session, language_model=model, head_type=head_type, layer=1, head=0, polarity=Polarity.IS_NOT)
    answer = client.get("/api/v1/compare?kind=heads&items=lab/tiny:L0H0,lab/tiny:L1H0").json()
    rows = {(row["group"], row["name"]): row["values"] for row in answer["rows"]}
    assert rows["place", "relative depth"] == [0, 1]
    assert rows["score", "mass"] == [0.1, 0.9]
    assert rows["percentile", "mass"] == [0, 1]
    assert rows["claim", "wanted"] == [None, "is, untested; is_not, untested"]


@pytest.mark.parametrize("items", ["lab/tiny", "lab/tiny,lab/tiny", "lab/tiny,lab/nothing", ",".join("abcdefghi")])
def test_comparison_of_too_few_too_many_or_unknown_is_refused(client: TestClient, session: Session, items: str) -> None:
    make_language_model(session, hub_id="lab/tiny")
    answer = client.get("/api/v1/compare", params={"kind": "language_models", "items": items})
    assert assert_problem(answer, "invalid-request")["errors"][0]["pointer"] == "/query/items"


def test_similar_heads_are_near_in_percentiles(client: TestClient, session: Session) -> None:
    model = make_language_model(session, hub_id="lab/tiny", n_layers=1, n_heads=5)
    for slug, scores in (("a", [1, 2, 3, 4, 5]), ("b", [10, 20, 30, 40, 50])):
        table = {(0, head): float(score) for head, score in enumerate(scores)}
        make_head_score_table(session, table, language_model=model, metric=make_metric(session, slug=slug))
    answer = client.get("/api/v1/language-models/lab--tiny/heads/L0H4/similar").json()
    # Places are 0, 1/4 … 1 by both metrics, so that the distance of neighbours is 1/4.
    assert [(each["name"], each["distance"]) for each in answer["heads"]] == [
        ("L0H3", 0.25),
        ("L0H2", 0.5),
        ("L0H1", 0.75),
        ("L0H0", 1.0),
    ]
    assert [each["metric"]["slug"] for each in answer["coordinates"]] == ["a", "b"]
    one = client.get("/api/v1/language-models/lab--tiny/heads/L0H4/similar?metrics=a&limit=1").json()
    assert [(each["name"], each["n_metrics"]) for each in one["heads"]] == [("L0H3", 1)]


def test_head_of_which_nothing_was_measured_has_no_similar_ones(client: TestClient, session: Session) -> None:
    make_language_model(session, hub_id="lab/tiny")
    answer = client.get("/api/v1/language-models/lab--tiny/heads/L0H0/similar").json()
    assert (answer["heads"], answer["coordinates"]) == ([], [])
    assert "No score" in answer["absent_reason"]


def test_coverage_counts_what_was_tested_and_what_not(client: TestClient, session: Session) -> None:
    model, head_type = make_language_model(session), make_head_type(session)
    made = [make_finding(session, language_model=model, head_type=head_type, head=head) for head in range(3)]
    make_finding(session)
    make_verification(session, finding=made[0], verdict=Verdict.REPRODUCED)
    make_verification(session, finding=made[1], verdict=Verdict.NOT_REPRODUCED)
    page = client.get(f"/api/v1/coverage?head_type={head_type.slug}&total=true").json()
    (cell,) = page["items"]
    assert page["total"] == 1
    assert (cell["n_findings"], cell["n_tested"], cell["n_reproduced"], cell["n_untested"]) == (3, 2, 1, 1)
    assert cell["verdicts"] == [{"name": "reproduced", "n": 1}, {"name": "not_reproduced", "n": 1}]


def test_words_find_records_of_every_kind_and_say_how_many(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="copying", name="Copying head", aliases=("Copycat",))
    for _ in range(3):
        make_finding(session, task="copying a name")
    answer = client.get("/api/v1/search?q=copy&limit=2").json()
    assert len(answer["hits"]) == 2
    assert {each["name"]: each["n"] for each in answer["n_found"] if each["n"]} == {"head_type": 1, "finding": 3}
    assert client.get("/api/v1/search?q=copycat").json()["hits"][0]["key"] == "copying"


def test_search_pages_through_all_rows_by_its_cursor(client: TestClient, session: Session) -> None:
    made = [make_finding(session, layer=layer) for layer in (2, 0, 1, 0, 2)]
    body: dict[str, Any] = {"where": {"field": "layer", "op": "gte", "value": 0}, "sort": "-layer", "limit": 2}
    seen: list[str] = []
    while True:
        page = client.post("/api/v1/search", json=body).json()
        seen += [item["accession"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        body["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(each.accession for each in made)
    body["where"]["value"] = 1
    assert_problem(client.post("/api/v1/search", json=body), "invalid-request")
