"""Feeds tell the latest versions of entries, and of the findings of a query with their verdicts, in two formats."""

from xml.etree import ElementTree

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.serving import PUBLIC_URL, assert_problem
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.verification import make_verification

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def told(session: Session) -> list[str]:
    """Accessions with versions in the order of the changes: two versions of a finding, another, and a verdict."""
    induction = make_head_type(session, slug="induction", name="Induction <head> & co")
    mine = make_finding(session, head_type=induction, version=2)
    other = make_finding(session)
    rerun = make_verification(session, finding=mine)
    make_entry_version(session, mine.accession, version=1)
    make_entry_version(session, other.accession)
    make_entry_version(session, mine.accession, version=2)
    make_entry_version(session, rerun.accession)
    return [f"{mine.accession}.v1", f"{other.accession}.v1", f"{mine.accession}.v2", f"{rerun.accession}.v1"]


def told_by(client: TestClient, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, response.text
    return [each["id"].rsplit("/", 1)[1] for each in response.json()["items"]]


def test_every_version_is_a_change_latest_first(client: TestClient, told: list[str]) -> None:
    assert told_by(client, "/api/v1/feeds/entries.json") == told[::-1]
    assert told_by(client, "/api/v1/feeds/entries.json?kind=AHV") == told[3:]
    assert told_by(client, "/api/v1/feeds/entries.json?limit=1") == told[3:]


def test_a_query_of_findings_has_a_feed_with_verdicts(client: TestClient, told: list[str]) -> None:
    assert told_by(client, "/api/v1/feeds/findings.json?head_type=induction") == [told[3], told[2], told[0]]
    assert told_by(client, "/api/v1/feeds/findings.json?polarity=is_not") == []


def test_atom_and_json_say_the_same(client: TestClient, told: list[str]) -> None:
    query = "?head_type=induction"
    response = client.get(f"/api/v1/feeds/findings.atom{query}")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(response.content)
    items = client.get(f"/api/v1/feeds/findings.json{query}").json()["items"]
    assert [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")] == [each["id"] for each in items]
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [each["title"] for each in items]
    assert "induction <head> & co" in items[0]["title"].casefold()
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": f"{PUBLIC_URL}/api/v1/feeds/findings.atom{query}",
        "alternate": f"{PUBLIC_URL}/findings{query}",
    }


def test_addresses_of_a_feed_lead_somewhere(client: TestClient, told: list[str]) -> None:
    for item in client.get("/api/v1/feeds/entries.json").json()["items"]:
        for address in (item["id"], item["url"]):
            assert client.get(address.removeprefix(PUBLIC_URL)).status_code in (200, 303, 308), address


def test_an_empty_feed_is_a_valid_one(client: TestClient) -> None:
    feed = ElementTree.fromstring(client.get("/api/v1/feeds/entries.atom").content)
    assert feed.findtext(f"{ATOM}updated") == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("findings.json?verdict=reproducd", "/query/verdict"),
        ("findings.json?cursor=x", "/query/cursor"),
        ("findings.atom?head_type=nothing", "/query/head_type"),
        ("entries.atom?total=true", "/query/total"),
        ("entries.rss", "/path/form"),
        ("entries.json?kin=AHF", "/query/kin"),
    ],
)
def test_what_a_feed_cannot_answer_is_refused(client: TestClient, address: str, pointer: str) -> None:
    problem = assert_problem(client.get(f"/api/v1/feeds/{address}"), "invalid-request")
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("page", ["/findings?head_type=induction", "/"])
def test_pages_name_their_feeds(client: TestClient, told: list[str], page: str) -> None:
    text = client.get(page).text
    wanted = "/api/v1/feeds/findings.atom?head_type=induction" if "?" in page else "/api/v1/feeds/entries.atom"
    assert f'type="application/atom+xml" href="{wanted}"' in text


def test_llms_txt_leads_to_what_a_program_needs(client: TestClient) -> None:
    response = client.get("/llms.txt")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("# headcat\n\n> ")
    for part in ("/openapi.json", "/api/v1/findings", "/api/v1/feeds/findings.atom", "/mcp", "/api/v1/releases"):
        assert f"{PUBLIC_URL}{part}" in response.text
