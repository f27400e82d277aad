"""Wrong addresses: the right status, one sentence, and links to what was probably meant."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.vocabulary import Status
from tests.api.pages.reading import read_page
from tests.api.serving import serve
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model


def test_wrong_address_suggests_the_right_one(seeded_client: TestClient) -> None:
    for path, suggestion in (
        ("/head-types/inducton", "/head-types/induction"),
        ("/head_types/induction", "/head-types/induction"),
        ("/headtypes", "/head-types"),
        ("/models", "/language-models"),
        ("/language-models/openai-community--gtp2", "/language-models/openai-community--gpt2"),
    ):
        response = seeded_client.get(path)
        assert response.status_code == 404, path
        assert suggestion in read_page(response.text).links(), path
        assert response.headers["cache-control"] == "no-store"


def test_bad_request_says_what_to_write(client: TestClient, session: Session) -> None:
    model = f"/language-models/{make_language_model(session).slug}"
    for path, says in (
        ("/findings?verdict=confirmed", "verdict"),
        ("/findings?verdct=reproduced", "Did you mean verdict"),
        ("/findings?layer=first", "layer"),
        ("/findings?cursor=xyz", "cursor"),
        (f"{model}?show=nothing", "nothing"),
        (f"{model}?show=table:nope", "nope"),
        (f"{model}/heads/first", "L5H1"),
        ("/findings/AHF", "AHF-000123"),
    ):
        response = client.get(path)
        assert response.status_code == 422, path
        page = read_page(response.text)
        assert says in page.text(), path
        assert len(page.all("h1")) == 1


def test_head_out_of_range_names_the_shape(client: TestClient, session: Session) -> None:
    model = make_language_model(session, n_layers=4, n_heads=6)
    response = client.get(f"/language-models/{model.slug}/heads/L4H0")
    assert response.status_code == 404
    assert "4 layers of 6 heads" in read_page(response.text).text()


def test_withdrawn_entry_tells_reason_and_successor(client: TestClient, session: Session) -> None:
    successor = make_finding(session)
    withdrawn = make_finding(
        session, status=Status.WITHDRAWN, withdrawn_reason="counted from one", successor=successor.accession
    )
    response = client.get(f"/findings/{withdrawn.accession}")
    assert response.status_code == 410
    page = read_page(response.text)
    assert "counted from one" in page.text()
    assert f"/findings/{successor.accession}" in page.links()


def test_fault_of_the_server_is_a_page_without_its_message(session: Session) -> None:
    def fail() -> None:
        raise RuntimeError("secret of the machine")

    with serve(session, raise_server_exceptions=False) as client:
        assert isinstance(client.app, FastAPI)
        client.app.add_api_route("/faulty", fail)
        response = client.get("/faulty")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert read_page(response.text).text("h1") == "Internal error"


def test_the_same_mistake_is_json_under_the_api(client: TestClient) -> None:
    assert client.get("/head-types/nothing").headers["content-type"].startswith("text/html")
    assert client.get("/api/v1/head-types/nothing").headers["content-type"] == "application/problem+json"


def test_other_names_lead_to_the_page_of_the_slug(client: TestClient, session: Session) -> None:
    head_type = make_head_type(session, slug="previous_token", name="Previous-token head", aliases=("shift head",))
    for name in ("shift head", "Previous Token", head_type.accession):
        response = client.get(f"/head-types/{name}")
        assert (response.status_code, response.headers["location"]) == (307, "/head-types/previous_token")


@pytest.mark.parametrize("written", ["5.1", "5-1", "l5h1"])
def test_heads_as_papers_write_them_lead_to_the_one_name(client: TestClient, session: Session, written: str) -> None:
    model = make_language_model(session, n_layers=12, n_heads=12)
    response = client.get(f"/language-models/{model.slug}/heads/{written}")
    assert response.headers["location"] == f"/language-models/{model.slug}/heads/L5H1"
