"""Citing over HTTP: the form that `Accept` asks for, signposts between page, citations and content, tombstones."""

import csv
import io
import json
import re

import pytest
from pybtex.database import parse_string
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.citation.style import STYLES
from catalog.models.base import Citable
from catalog.vocabulary import Status
from tests.api.pages.reading import read_page
from tests.api.serving import PUBLIC_URL, assert_problem
from tests.factories.circuit import make_circuit
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.verification import make_verification

API = f"{PUBLIC_URL}/api/v1/entries"


def frozen(session: Session, entry: Citable) -> str:
    make_entry_version(session, entry.accession, note="=SUM(A1)", value=0.5, tags=["a"], is_big=True)
    return entry.accession


@pytest.fixture
def accession(session: Session) -> str:
    return frozen(session, make_finding(session))


def links_of(header: str) -> list[tuple[str, str, str | None]]:
    """Relation, target and type of each link of a header (RFC 8288, as this server writes it)."""
    found = re.findall(r'<([^>]+)>; rel="([^"]+)"(?:; type="([^"]+)")?', header)
    assert len(found) == header.count("<"), header
    return [(relation, target, kind or None) for target, relation, kind in found]


def test_every_kind_of_record_answers_its_citation_where_that_is_asked_for(
    client: TestClient, session: Session
) -> None:
    head_type = make_head_type(session, slug="previous_token")
    circuit = make_circuit(session, slug="small_circuit")
    places = {
        f"findings/{frozen(session, make_finding(session))}": None,
        f"verifications/{frozen(session, make_verification(session))}": None,
        "head-types/previous_token": frozen(session, head_type),
        "circuits/small_circuit": frozen(session, circuit),
    }
    for place, named in places.items():
        accession = named or place.split("/")[1]
        for style in STYLES.values():
            moved = client.get(f"/api/v1/{place}", headers={"accept": style.media_type})
            assert (moved.status_code, moved.headers["vary"]) == (303, "Accept")
            assert moved.headers["location"] == f"/api/v1/entries/{accession}/{style.name}"
            assert client.get(moved.headers["location"]).headers["content-type"].startswith(style.media_type)
        for accept in ("application/json", "*/*", "text/html, */*;q=0.1", "text/plain"):
            assert client.get(f"/api/v1/{place}", headers={"accept": accept}).status_code == 200


def test_browser_is_led_to_the_page_of_what_was_cited(client: TestClient, accession: str) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    exact = client.get(f"/api/v1/entries/{accession}.v1", headers=browser)
    assert (exact.status_code, exact.headers["location"]) == (303, f"/entries/{accession}.v1")
    assert exact.headers["vary"] == "Accept"
    page = client.get(exact.headers["location"])
    assert page.status_code == 200
    tags = {each["name"]: each["content"] for each in read_page(page.text).all("meta") if each.get("name")}
    assert tags["citation_technical_report_number"] == f"{accession}.v1"
    concept = client.get(f"/entries/{accession}")
    assert (concept.status_code, concept.headers["location"]) == (303, f"/findings/{accession}")


def test_csv_is_one_line_of_names_and_one_of_values(client: TestClient, accession: str) -> None:
    response = client.get(f"/api/v1/entries/{accession}.v1", headers={"accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(response.text, newline=""))
    assert (row["accession"], row["version"], row["content.value"]) == (accession, "1", "0.5")
    assert row["sha256"] == client.get(f"/api/v1/entries/{accession}.v1").json()["content_sha256"]
    assert (row["content.tags"], row["content.is_big"]) == ('["a"]', "true")
    # A spreadsheet would run the bare text.
    assert row["content.note"] == "'=SUM(A1)"


def test_json_ld_names_the_very_bytes(client: TestClient, accession: str) -> None:
    found = client.get(f"/api/v1/entries/{accession}.v1", headers={"accept": "application/ld+json"}).json()
    assert (found["@context"], found["@type"]) == ("https://schema.org", "Dataset")
    assert (found["@id"], found["version"]) == (f"{API}/{accession}.v1", "1")
    assert len(found["description"]) >= 50
    (download,) = found["distribution"]
    content = client.get(download["contentUrl"].removeprefix(PUBLIC_URL))
    assert content.headers["content-type"] == download["encodingFormat"]
    assert download["sha256"] == client.get(f"/api/v1/entries/{accession}.v1").json()["content_sha256"]
    assert found["isBasedOn"][0]["@type"] == "ScholarlyArticle"


def test_concept_form_names_the_version_it_answers_with(client: TestClient, session: Session) -> None:
    finding = make_finding(session, version=2)
    for version in (1, 2):
        make_entry_version(session, finding.accession, version=version, value=version)
    answered = client.get(f"/api/v1/entries/{finding.accession}")
    assert answered.headers["content-location"] == f"{API}/{finding.accession}.v2"
    assert answered.json()["content"]["value"] == 2
    cited = client.get(f"/api/v1/entries/{finding.accession}", headers={"accept": "application/x-bibtex"})
    assert list(parse_string(cited.text, "bibtex").entries) == [f"headcat:{finding.accession}.v2"]
    assert client.get(f"/api/v1/entries/{finding.accession}.v1").json()["content"]["value"] == 1


def test_pages_carry_the_signposts_of_level_1(client: TestClient, accession: str) -> None:
    for page in (f"/findings/{accession}", f"/entries/{accession}.v1"):
        links = links_of(client.get(page).headers["link"])
        by_relation: dict[str, list[tuple[str, str | None]]] = {}
        for relation, target, kind in links:
            by_relation.setdefault(relation, []).append((target, kind))
        assert by_relation["cite-as"] == [(f"{API}/{accession}.v1", None)]
        assert by_relation["license"] == [("https://creativecommons.org/licenses/by/4.0/", None)]
        assert ("https://schema.org/AboutPage", None) in by_relation["type"]
        assert by_relation["author"]
        assert {kind for _, kind in by_relation["describedby"]} == {style.media_type for style in STYLES.values()}
        for relation in ("describedby", "item", "linkset"):
            for target, kind in by_relation[relation]:
                reached = client.get(target.removeprefix(PUBLIC_URL))
                assert reached.status_code == 200
                assert reached.headers["content-type"].split(";")[0] == kind
                if relation != "linkset":
                    back = {"describedby": "describes", "item": "collection"}[relation]
                    assert (back, f"{PUBLIC_URL}/entries/{accession}.v1", "text/html") in links_of(
                        reached.headers["link"]
                    )


def test_linkset_says_what_the_headers_say(client: TestClient, accession: str) -> None:
    header = links_of(client.get(f"/entries/{accession}.v1").headers["link"])
    contexts = client.get(f"/api/v1/entries/{accession}/linkset").json()["linkset"]
    page = next(each for each in contexts if each["anchor"] == f"{PUBLIC_URL}/entries/{accession}.v1")
    stated = [
        (relation, target["href"], target.get("type"))
        for relation, targets in page.items()
        if relation != "anchor"
        for target in targets
    ]
    assert sorted(stated, key=str) == sorted((each for each in header if each[0] != "linkset"), key=str)
    assert len(contexts) == 1 + sum(len(page[name]) for name in ("describedby", "item"))


def test_tombstone_keeps_the_last_form_and_says_why(client: TestClient, session: Session) -> None:
    gone = make_finding(session, status=Status.WITHDRAWN, withdrawn_reason="misread table", successor="AHF-000002")
    accession = frozen(session, gone)
    assert_problem(client.get(f"/api/v1/entries/{accession}"), "withdrawn")
    assert_problem(client.get(f"/api/v1/entries/{accession}", headers={"accept": "text/html"}), "withdrawn")
    concept = client.get(f"/entries/{accession}")
    assert concept.status_code == 410
    assert "misread table" in concept.text
    last = client.get(f"/entries/{accession}.v1")
    assert last.status_code == 200
    assert "misread table" in last.text
    assert "/entries/AHF-000002" in last.text
    assert "Withdrawn: misread table" in client.get(f"/api/v1/entries/{accession}/bibtex").text


def test_form_that_is_not_on_offer_comes_with_those_that_are(client: TestClient, accession: str) -> None:
    refused = client.get(f"/api/v1/entries/{accession}.v1", headers={"accept": "image/png"})
    problem = assert_problem(refused, "not-acceptable")
    assert "application/x-bibtex" in problem["near"]
    assert "text/csv" in problem["near"]


def test_content_of_a_version_is_what_its_page_shows(client: TestClient, accession: str) -> None:
    text = read_page(client.get(f"/entries/{accession}.v1").text).text()
    shown = client.get(f"/api/v1/entries/{accession}.v1").json()
    assert shown["content_sha256"] in text
    assert "=SUM(A1)" in text
    assert json.loads(client.get(f"/api/v1/entries/{accession}.v1?format=canonical").text) == shown["content"]
