"""Search resolves names, accessions, arXiv numbers and heads."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.pages.reading import read_page
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.paper import make_paper


def test_alias_leads_to_its_head_type(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="previous_token", name="Previous-token head", aliases=("shift head",))
    page = read_page(client.get("/search?q=Shift+Head").text)
    assert "/head-types/previous_token" in page.links()
    assert "is a published name of this head type" in page.text()


def test_ambiguous_alias_shows_every_meaning(client: TestClient, session: Session) -> None:
    first = make_head_type(session, aliases=("memory head",))
    second = make_head_type(session, aliases=("memory head",))
    page = read_page(client.get("/search?q=memory+head").text)
    assert {f"/head-types/{first.slug}", f"/head-types/{second.slug}"} <= set(page.links())
    assert "means several head types" in page.text()


def test_accession_leads_straight_to_its_page(client: TestClient) -> None:
    response = client.get("/search?q=ahf-000012")
    assert (response.status_code, response.headers["location"]) == (303, "/findings/AHF-000012")


def test_language_model_with_head_leads_straight_to_it(client: TestClient, session: Session) -> None:
    model = make_language_model(session)
    response = client.get("/search", params={"q": f"{model.hub_id} 1.2"})
    assert response.headers["location"] == f"/language-models/{model.slug}/heads/L1H2"


def test_head_alone_lists_its_claims(client: TestClient, session: Session) -> None:
    finding = make_finding(session, layer=3, head=4)
    assert f"/findings/{finding.accession}" in read_page(client.get("/search?q=L3H4").text).links()


def test_arxiv_number_finds_its_paper(client: TestClient, session: Session) -> None:
    paper = make_paper(session, arxiv_id="2209.11895")
    for words in ("2209.11895", "arXiv:2209.11895"):
        assert f"/papers/{paper.slug}" in read_page(client.get("/search", params={"q": words}).text).links()


@pytest.mark.parametrize("words", ["", "   ", "\x00", "%", "_", "a" * 5000, "🐈", "' OR 1=1 --"])
def test_odd_words_are_answered(client: TestClient, words: str) -> None:
    assert client.get("/search", params={"q": words}).status_code == 200


def test_unknown_word_offers_near_names(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="induction", name="Induction head")
    page = read_page(client.get("/search?q=inducton").text)
    assert "/head-types/induction" in page.links()
    assert "Nothing is called" in page.text()
