"""Each kind of page on the shipped records: it answers, names itself, is whole, and keeps to the security policy."""

import re
from typing import Any
from urllib.parse import urldefrag, urljoin

from starlette.testclient import TestClient

from tests.api.pages.reading import read_page
from tests.api.serving import PUBLIC_URL

LISTS = [
    "/",
    "/search",
    "/search?q=induction",
    "/search?q=L5H1",
    "/search?q=no+such+thing",
    "/stages",
    "/head-types",
    "/language-models",
    "/findings",
    "/verifications",
    "/circuits",
    "/papers",
    "/methods",
    "/metrics",
    "/detectors",
    "/benchmarks",
    "/human-analogues",
    "/mechanisms",
    "/crosswalks",
    "/releases",
    "/head-lists",
    "/head-lists?head_type=retrieval&basis=undisputed",
    "/coverage",
    "/coverage?head_type=induction&verdict=untested&has_scores=true",
    "/transfer",
    "/reliability",
    "/transfer?head_type=induction&is_tested=false",
    "/jobs",
    "/about",
    "/about/api",
]
ENTRIES = [
    "/stages/latent_reasoning",
    "/head-types/induction",
    "/language-models/openai-community--gpt2",
    "/language-models/openai-community--gpt2?show=claims",
    "/language-models/openai-community--gpt2?show=verdicts",
    "/language-models/openai-community--gpt2?show=type:induction",
    "/language-models/yaofu--llama-2-7b-80k",
    "/language-models/meta-llama--Llama-3.1-8B-Instruct?show=table:meta-llama--Llama-3.1-8B-Instruct__duo_gate",
    "/language-models/yaofu--llama-2-7b-80k?view=table",
    "/language-models/openai-community--gpt2/heads/L5H1",
    "/findings/AHF-000001",
    "/circuits/AHC-0001",
    "/circuits/AHC-0002",
    "/papers/in-context-learning-and-induction-heads",
]
# Kinds whose names are not fixed by the records: the first entry of the list stands for all.
FIRST_OF = ["/metrics", "/detectors", "/verifications", "/releases"]


def first_entry(client: TestClient, section: str) -> str:
    links = read_page(client.get(section).text).links()
    return next(link for link in links if link.startswith(f"{section}/"))


def assert_whole(response: Any, address: str) -> None:
    """What holds for every page."""
    assert response.headers["content-type"] == "text/html; charset=utf-8", address
    html = response.text
    page = read_page(html)
    assert page.all("html") == [{"lang": "en"}], address
    assert len(page.all("h1")) == 1, address
    assert page.text("h1").strip(), address
    assert page.text("title").strip(), address
    assert [each for each in page.all("meta") if each.get("name") == "description" and each.get("content")], address
    assert len(page.all("main")) == 1, address
    assert len(page.ids()) == len(set(page.ids())), f"ids are unique on {address}"
    assert all("alt" in image for image in page.all("img")), address
    # The policy has the browser refuse these; a page must not rely on them.
    assert not page.all("style"), address
    assert all(script.get("src") for script in page.all("script")), address
    assert not [
        name for _, attributes in page.elements for name in attributes if name == "style" or name[:2] == "on"
    ], address
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy, address
    assert "unsafe" not in policy, address
    # A value that a template forgot would show as one of these.
    said = [text for where, text in page.texts if where != "pre"]
    for leftover in ("{{", "}}", "{%", "Undefined", "<built-in", "dict_", "object at 0x"):
        assert leftover not in " ".join(said), address
    assert not [text for text in said if text.strip(" ,;:()") in ("None", "nan", "True", "False")], address


# One test for many pages: the server over all records starts once for it.
def test_every_kind_of_page_is_whole(seeded_client: TestClient) -> None:
    addresses = [*LISTS, *ENTRIES, *(first_entry(seeded_client, section) for section in FIRST_OF)]
    for address in addresses:
        response = seeded_client.get(address)
        assert response.status_code == 200, f"{address}: {response.text[:500]}"
        assert_whole(response, address)


def test_every_entry_ends_with_source_completeness_reliability(seeded_client: TestClient) -> None:
    addresses = [*(path for path in ENTRIES if "view=table" not in path)]
    for address in [*addresses, *(first_entry(seeded_client, section) for section in FIRST_OF)]:
        ids = read_page(seeded_client.get(address).text).ids()
        closing = [each for each in ids if each in ("source", "completeness", "reliability")]
        assert closing == ["source", "completeness", "reliability"], address


def test_filters_share_the_canonical_address(seeded_client: TestClient) -> None:
    for address, canonical in (
        ("/head-types/induction?sort=-value", "/head-types/induction"),
        ("/findings?head_type=induction", "/findings"),
        ("/language-models/openai-community--gpt2?show=claims", "/language-models/openai-community--gpt2"),
    ):
        links = read_page(seeded_client.get(address).text).all("link")
        assert [each["href"] for each in links if each["rel"] == "canonical"] == [PUBLIC_URL + canonical]


def test_citable_entry_carries_tags_and_bibtex(seeded_client: TestClient) -> None:
    page = read_page(seeded_client.get("/findings/AHF-000001").text)
    tags = {each["name"]: each["content"] for each in page.all("meta") if each.get("name")}
    assert "AHF-000001" in (tags["citation_title"] or "")
    assert tags["citation_technical_report_number"] == "AHF-000001.v1"
    assert tags["citation_public_url"] == f"{PUBLIC_URL}/api/v1/entries/AHF-000001.v1"
    assert re.fullmatch(r"\d{4}/\d{2}/\d{2}", tags["citation_publication_date"] or "")
    bibtex = next(each["href"] for each in page.all("link") if each.get("type") == "application/x-bibtex")
    assert seeded_client.get(bibtex or "").text.startswith("@")


def test_links_of_the_site_resolve(seeded_client: TestClient) -> None:
    """Walks from the front page; a link within the site leads to a page, and its fragment to a place on it."""
    seen: dict[str, list[str]] = {}
    waiting, fragments = ["/", *ENTRIES], []
    per_section: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        section = address.split("/")[1].split("?")[0]
        # Entries of a kind are built alike: a few of each show what all do.
        if address in seen or per_section.get(section, 0) >= 12:
            continue
        per_section[section] = per_section.get(section, 0) + 1
        response = seeded_client.get(address, follow_redirects=True)
        assert response.status_code == 200, address
        seen[address] = []
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = read_page(response.text)
        seen[address] = page.ids()
        for link in page.links():
            whole, fragment = urldefrag(urljoin(f"{PUBLIC_URL}{address}", link))
            if whole.startswith(PUBLIC_URL):
                waiting.append(whole.removeprefix(PUBLIC_URL) or "/")
                fragments.append((address, waiting[-1], fragment))
    assert len(seen) > 100
    broken = [each for each in fragments if each[2] and each[1] in seen and each[2] not in seen[each[1]]]
    assert broken == []
