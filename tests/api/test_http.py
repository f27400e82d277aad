"""What HTTP offers beside the body: tags, HEAD, compression, headers, redirects, negotiation."""

import json
import re
import subprocess
import sys

import pytest
import zstandard
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.canonical import sha256_of
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.paper import make_paper

PLAIN = {"accept-encoding": "identity"}


@pytest.fixture
def finding(session: Session) -> str:
    """Accession of a finding with two frozen forms."""
    made = make_finding(session, version=2)
    for version in (1, 2):
        make_entry_version(session, made.accession, version=version, value=0.5, name="Größe")
    return made.accession


def test_tag_that_the_client_holds_is_answered_without_a_body(client: TestClient, finding: str) -> None:
    for path in ("/api/v1/findings", f"/api/v1/findings/{finding}", f"/api/v1/entries/{finding}.v1"):
        first = client.get(path)
        tag = first.headers["etag"]
        assert tag.startswith('"')
        for held in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = client.get(path, headers={"if-none-match": held})
            # Who says `*` holds some form, and is told of the answer's own tag.
            named = re.sub(r'-(gzip|br|zstd)"$', '"', tag) if held == "*" else tag
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", named)
            assert again.headers["cache-control"] == first.headers["cache-control"]
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_tag_changes_with_the_content(client: TestClient, session: Session, finding: str) -> None:
    before = client.get("/api/v1/findings").headers["etag"]
    assert client.get("/api/v1/findings").headers["etag"] == before
    make_finding(session)
    assert client.get("/api/v1/findings", headers={"if-none-match": before}).status_code == 200


def test_compressed_bytes_have_a_tag_of_their_own(client: TestClient, finding: str) -> None:
    path = "/api/v1/findings"
    compressed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers=PLAIN)
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.json() == plain.json()
    assert compressed.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]
    held = {"accept-encoding": "gzip", "if-none-match": compressed.headers["etag"]}
    assert client.get(path, headers=held).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br", "br"), ("gzip, br, zstd", "zstd"), ("gzip;q=0, br", "br"), ("identity", None)],
)
def test_answer_is_compressed_as_the_client_takes_it(
    client: TestClient, finding: str, accepted: str, encoding: str | None
) -> None:
    plain = client.get("/api/v1/findings", headers=PLAIN)
    answer = client.get("/api/v1/findings", headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    # The test's client decodes gzip and brotli by itself.
    body = (
        zstandard.ZstdDecompressor().decompressobj().decompress(answer.content)
        if encoding == "zstd"
        else answer.content
    )
    assert body == plain.content
    suffix = f"-{encoding}" if encoding else ""
    assert answer.headers["etag"] == f'{plain.headers["etag"][:-1]}{suffix}"'
    again = client.get(
        "/api/v1/findings", headers={"accept-encoding": accepted, "if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.headers["etag"], again.content) == (304, answer.headers["etag"], b"")


def test_head_answers_like_get_without_a_body(client: TestClient, finding: str) -> None:
    for path in ("/api/v1/findings", f"/api/v1/entries/{finding}.v1/bibtex", "/api/v1/findings/AHF-999999"):
        got, headed = client.get(path, headers=PLAIN), client.head(path, headers=PLAIN)
        assert headed.content == b""
        assert headed.status_code == got.status_code
        for name in ("content-length", "content-type"):
            assert headed.headers[name] == got.headers[name]
        assert headed.headers.get("etag") == got.headers.get("etag")


def test_frozen_version_may_be_kept_for_ever_and_the_rest_is_asked_again(client: TestClient, finding: str) -> None:
    assert "immutable" in client.get(f"/api/v1/entries/{finding}.v1").headers["cache-control"]
    for path in (f"entries/{finding}", "findings", f"findings/{finding}", f"entries/{finding}.v1/bibtex"):
        assert client.get(f"/api/v1/{path}").headers["cache-control"] == "no-cache"


def test_canonical_form_has_the_hash_that_is_given(client: TestClient, finding: str) -> None:
    shown = client.get(f"/api/v1/entries/{finding}.v1").json()
    frozen = client.get(f"/api/v1/entries/{finding}.v1?format=canonical")
    assert sha256_of(frozen.text) == shown["content_sha256"]
    assert json.loads(frozen.text) == shown["content"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/x-bibtex", "application/x-bibtex"),
        ("application/vnd.citationstyles.csl+json", "application/vnd.citationstyles.csl+json"),
        ("application/x-research-info-systems", "application/x-research-info-systems"),
        ("application/vnd.datacite.datacite+json", "application/vnd.datacite.datacite+json"),
        ("application/ld+json", "application/ld+json"),
        ("text/csv", "text/csv"),
        ("text/plain, application/x-bibtex;q=0.5", "application/x-bibtex"),
        ("application/x-bibtex;q=0.2, application/json;q=0.9", "application/json"),
        ("application/json;q=0, application/x-bibtex", "application/x-bibtex"),
        ("application/json;q=0, */*;q=0.1", "application/x-bibtex"),
        ("text/plain, */*;q=0.1", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_accept_chooses_the_form_of_an_entry(client: TestClient, finding: str, accept: str, media_type: str) -> None:
    response = client.get(f"/api/v1/entries/{finding}.v1", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type
    assert "Accept" in response.headers["vary"].split(", ")


def test_format_in_the_address_wins_over_accept(client: TestClient, finding: str) -> None:
    address = f"/api/v1/entries/{finding}.v1?format=ris"
    assert client.get(address, headers={"accept": "application/json"}).text.startswith("TY  - DATA")


def test_headers_of_safety_are_on_every_answer(client: TestClient, finding: str) -> None:
    for path in ("/api/v1/findings", "/api/v1/nothing", "/problems", "/openapi.json", "/api/v1/findings?limit=0"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "unsafe" not in headers["content-security-policy"]
    assert client.get("/api/v1/findings").headers["access-control-allow-origin"] == "*"


def test_other_names_of_a_record_lead_to_its_one_address(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="previous_token", accession="AHT-7777", aliases=("PTH",))
    make_paper(session, slug="a-paper", arxiv_id="2209.11895")
    make_language_model(session, hub_id="lab/tiny")
    moves = {
        "head-types/Previous Token Head": "head-types/previous_token",
        "head-types/pth": "head-types/previous_token",
        "head-types/AHT-7777": "head-types/previous_token",
        "papers/2209.11895": "papers/a-paper",
        "language-models/lab/tiny": "language-models/lab--tiny",
        "language-models/lab/tiny/heads/1.2": "language-models/lab--tiny/heads/L1H2",
        "language-models/lab--tiny/heads/1-2": "language-models/lab--tiny/heads/L1H2",
        "language-models/lab/tiny/scores?layer=1": "language-models/lab--tiny/scores?layer=1",
    }
    for name, target in moves.items():
        response = client.get(f"/api/v1/{name}")
        assert (response.status_code, response.headers["location"]) == (308, f"/api/v1/{target}")
        assert client.get(response.headers["location"]).status_code == 200


def test_table_as_csv_holds_every_row_and_no_zero_for_a_missing_number(client: TestClient, session: Session) -> None:
    table = make_head_score_table(session, {(0, 0): 0.25, (0, 1): None, (1, 0): -1e-9}, slug="t")
    response = client.get(f"/api/v1/head-score-tables/{table.slug}/scores?format=csv&limit=1")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.text.splitlines() == ["layer,head,score,n,details", "0,0,0.25,,", "0,1,,,", "1,0,-1e-09,,"]


def test_addresses_are_those_under_which_the_server_is_cited(client: TestClient, finding: str) -> None:
    shown = client.get(f"/api/v1/findings/{finding}").json()
    assert shown["url"] == f"https://heads.example/api/v1/findings/{finding}"
    assert shown["version_url"] == f"https://heads.example/api/v1/entries/{finding}.v2"
    assert shown["cite_url"] == f"https://heads.example/api/v1/entries/{finding}.v2/bibtex"


def test_server_starts_without_torch() -> None:
    program = (
        "import sys; from api.app import create_app; from api.settings import ApiSettings; "
        "create_app(ApiSettings(database_url='sqlite://')).openapi(); "
        "import api.pages.site; "
        "print([name for name in ('torch', 'transformers', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
