"""Pages of head lists and of coverage: the same as the API says, by rule, unit and version."""

from starlette.testclient import TestClient

from tests.api.pages.reading import read_page
from tests.api.pages.test_every_page import assert_whole

MODEL = "yaofu--llama-2-7b-80k"


def test_list_shows_each_head_and_leads_to_its_frozen_version(seeded_client: TestClient) -> None:
    address = f"/language-models/{MODEL}/head-lists/retrieval"
    said = seeded_client.get(f"/api/v1{address}").json()
    response = seeded_client.get(address)
    assert_whole(response, address)
    page = read_page(response.text)
    for head in said["heads"]:
        assert f"/language-models/{MODEL}/heads/{head['name']}" in page.links()
    assert f"/api/v1{address}/{said['version']}?format=retrieval_head" in page.links()
    frozen = seeded_client.get(f"{address}/{said['version']}")
    assert_whole(frozen, address)
    assert "This version is frozen" in read_page(frozen.text).text()
    for link in (*page.links(), *read_page(frozen.text).links()):
        if "head-lists/retrieval" in link:
            assert seeded_client.get(link).status_code == 200, link


def test_other_names_lead_to_the_one_address(seeded_client: TestClient) -> None:
    moved = seeded_client.get(f"/language-models/{MODEL}/head-lists/Retrieval%20heads?basis=reproduced")
    assert moved.status_code == 307
    assert moved.headers["location"] == f"/language-models/{MODEL}/head-lists/retrieval?basis=reproduced"
    all_of_model = seeded_client.get(f"/language-models/{MODEL}/head-lists")
    assert all_of_model.headers["location"] == f"/head-lists?language_model={MODEL}"


def test_index_lists_what_the_api_lists(seeded_client: TestClient) -> None:
    said = seeded_client.get("/api/v1/head-lists?head_type=retrieval&total=true").json()
    page = read_page(seeded_client.get("/head-lists?head_type=retrieval").text)
    assert f"of {said['total']} list" in page.text()
    for each in said["items"]:
        address = f"/language-models/{each['language_model']['slug']}/head-lists/retrieval"
        assert f"{address}?basis=claimed&unit={each['unit']}" in page.links()


def test_list_that_nobody_claims_is_a_problem_with_near_names(seeded_client: TestClient) -> None:
    response = seeded_client.get(f"/language-models/{MODEL}/head-lists/successor")
    assert response.status_code == 404
    assert "retrieval" in read_page(response.text).text()


def test_coverage_counts_what_the_api_counts_and_leads_to_the_claims(seeded_client: TestClient) -> None:
    said = seeded_client.get("/api/v1/coverage?head_type=induction&language_model=openai-community/gpt2").json()
    (cell,) = said["items"]
    page = read_page(seeded_client.get("/coverage?head_type=induction&language_model=openai-community/gpt2").text)
    link = "/findings?head_type=induction&language_model=openai-community--gpt2"
    assert link in page.links()
    listed = read_page(seeded_client.get(link).text)
    assert f"of {cell['n_findings']} finding" in listed.text()
