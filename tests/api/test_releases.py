"""Releases are listed, their files are those that were released, and no address leads out of their folder."""

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from catalog.db import make_engine
from catalog.release.create import create_release
from catalog.schema import upgrade
from tests.api.serving import PUBLIC_URL, assert_problem
from tests.catalog.release.conftest import NOW
from tests.factories.release import make_release


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with an empty catalog, one release whose files it has, and a file beside them that it must not give."""
    place = tmp_path_factory.mktemp("releases")
    engine = make_engine(f"sqlite:///{place / 'catalog.sqlite'}")
    upgrade(engine)
    create_release(engine, "2026-11", place / "releases" / "2026-11", PUBLIC_URL, NOW)
    (place / "releases" / "2026-11" / "private.txt").write_text("private")
    settings = ApiSettings(public_url=PUBLIC_URL, releases=place / "releases")
    with TestClient(create_app(settings, engine), follow_redirects=False) as client:
        yield client
    engine.dispose()


def test_a_release_is_found_by_name_accession_and_as_the_latest(served: TestClient) -> None:
    answers = [served.get(f"/api/v1/releases/{name}").json() for name in ("2026-11", "AHR-0001", "ahr-1", "latest")]
    assert all(each == answers[0] for each in answers)
    assert answers[0]["accession"] == "AHR-0001"
    assert [each["name"] for each in served.get("/api/v1/releases").json()["items"]] == ["2026-11"]


def test_every_file_is_served_as_it_was_released(served: TestClient) -> None:
    files = served.get("/api/v1/releases/latest").json()["files"]
    assert len(files) > 80
    for each in files:
        if not each["name"].startswith("jsonl/") or each["n_bytes"]:
            response = served.get(each["url"].removeprefix(PUBLIC_URL))
            assert hashlib.sha256(response.content).hexdigest() == each["sha256"], each["name"]
            assert response.headers["etag"] == f'"{each["sha256"]}"'
            assert "immutable" in response.headers["cache-control"]


def test_the_manifest_has_the_bytes_of_its_hash(served: TestClient) -> None:
    record = served.get("/api/v1/releases/latest").json()
    manifest = served.get(record["manifest_url"].removeprefix(PUBLIC_URL))
    assert hashlib.sha256(manifest.content).hexdigest() == record["manifest_sha256"]


def test_a_download_is_resumed_and_asked_for_once(served: TestClient) -> None:
    address = "/api/v1/releases/2026-11/files/catalog.sqlite"
    whole = served.get(address)
    part = served.get(address, headers={"Range": "bytes=16-31"})
    assert (part.status_code, part.content) == (206, whole.content[16:32])
    assert served.get(address, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert served.head(address).content == b""


@pytest.mark.parametrize(
    "file", ["private.txt", "../../catalog.sqlite", "..%2f..%2fcatalog.sqlite", "%2fetc%2fpasswd", "jsonl", ""]
)
def test_no_other_file_is_served(served: TestClient, file: str) -> None:
    response = served.get(f"/api/v1/releases/2026-11/files/{file}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_misspelt_release_comes_with_near_ones(served: TestClient) -> None:
    assert assert_problem(served.get("/api/v1/releases/2026-12"), "not-found")["near"] == ["2026-11"]


def test_a_release_without_files_here_says_so(client: TestClient, session: Session) -> None:
    make_release(session, "elsewhere")
    assert {file["url"] for file in client.get("/api/v1/releases/elsewhere").json()["files"]} == {None}
    problem = assert_problem(client.get("/api/v1/releases/elsewhere/files/jsonl/findings.jsonl"), "not-found")
    assert "copy on this server" in problem["detail"]


def test_a_release_is_cited_in_every_style(served: TestClient) -> None:
    openings = {"bibtex": "@misc{headcat:AHR-0001", "csl": "{", "ris": "TY  - DATA", "datacite": "{", "jsonld": "{"}
    for style, opening in openings.items():
        assert served.get(f"/api/v1/releases/2026-11/cite/{style}").text.startswith(opening)


def test_the_page_of_a_release_leads_to_its_files(served: TestClient) -> None:
    listing = served.get("/releases")
    assert listing.status_code == 200
    assert 'href="/releases/2026-11"' in listing.text
    page = served.get("/releases/2026-11")
    assert page.status_code == 200
    assert "/api/v1/releases/2026-11/files/parquet/findings.parquet" in page.text


def test_a_list_of_releases_pages_through(client: TestClient, session: Session) -> None:
    for number in (1, 2, 3):
        make_release(session, f"r{number}", number)
    first = client.get("/api/v1/releases?limit=2&sort=name").json()
    second = client.get(first["next"]).json()
    assert [each["name"] for each in first["items"] + second["items"]] == ["r1", "r2", "r3"]
