"""Every route of the document answers, in the shape that the document gives, and lists lose nothing."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from tests.api.json_schema import violations

DOCUMENT: dict[str, Any] = create_app(ApiSettings(database_url="sqlite://")).openapi()
# Files are there where a release was made: `test_releases.py` asks for them.
FILES = "/api/v1/releases/{name}/files/{file}"
# The queue is written past a test's transaction: `test_jobs.py` has a catalog of its own.
JOBS = "/api/v1/jobs"
PATHS = sorted(
    path for path, item in DOCUMENT["paths"].items() if "get" in item and path != FILES and not path.startswith(JOBS)
)
LISTS = [
    path
    for path in PATHS
    if "{" not in path.replace("{slug}/scores", "")
    and DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
    .get("application/json", {"schema": {}})["schema"]
    .get("$ref", "")
    .rpartition("/")[2]
    .startswith("PageOf")
]
# Parameters that are not names of a record in the list above them.
KNOWN = {
    "/api/v1/language-models/{slug}/heads/{head}": {"head": "L0H0"},
    "/api/v1/language-models/{slug}/heads/{head}/similar": {"head": "L0H0"},
}
RETRIEVAL = {"slug": "yaofu--llama-2-7b-80k", "head_type": "retrieval"}
HEAD_LIST = "/api/v1/language-models/{slug}/head-lists/{head_type}"
KNOWN |= {HEAD_LIST: RETRIEVAL, f"{HEAD_LIST}/{{version}}": RETRIEVAL}
STYLE = {"style": "bibtex", "form": "json"}
# Parameters without which an address has no answer.
NEEDED = {
    "/api/v1/resolve": "q=induction",
    "/api/v1/search": "q=induction",
    "/api/v1/compare": "kind=head_types&items=induction,retrieval",
}


def address(client: TestClient, path: str) -> str:
    """A path with the name of the first record of its list in it."""
    wanted = re.findall(r"{(\w+)}", path)
    values = {**STYLE, **KNOWN.get(path, {})}
    if path.startswith("/problems/"):
        values["slug"] = "not-found"
    if "version" in wanted:
        values["version"] = client.get(HEAD_LIST.format(**RETRIEVAL)).json()["version"]
    for name in wanted:
        if name not in values:
            listing = client.get(path.split("/{", maxsplit=1)[0]).json()
            first = listing["items"][0]
            values[name] = first.get(name) or first.get("slug") or first.get("accession") or first["id"]
    filled = re.sub(r"{(\w+)}", lambda found: quote(str(values[found[1]]), safe="@"), path)
    return f"{filled}?{NEEDED[path]}" if path in NEEDED else filled


@pytest.mark.parametrize("path", PATHS)
def test_route_answers_as_the_document_says(seeded_client: TestClient, path: str) -> None:
    response = seeded_client.get(address(seeded_client, path))
    assert response.status_code == 200, response.text
    documented = DOCUMENT["paths"][path]["get"]["responses"]["200"].get("content", {})
    media_type = response.headers["content-type"].split(";")[0]
    if media_type == "application/json":
        schema = documented["application/json"]["schema"]
        assert violations(response.json(), schema, DOCUMENT) == []
    elif media_type.endswith("+json"):
        assert documented[media_type]["schema"] == {"type": "object"}
        assert isinstance(response.json(), dict)
    else:
        assert documented[media_type] == {"schema": {"type": "string"}}
        openings = {"/llms.txt": "# headcat", "/api/v1/transfer.csv": "head_type,"}
        assert response.text.startswith(openings.get(path, "@"))


@pytest.mark.parametrize("path", LISTS)
def test_list_pages_through_without_loss_or_duplicate(seeded_client: TestClient, path: str) -> None:
    here = address(seeded_client, path)
    total = seeded_client.get(here, params={"total": "true", "limit": 1}).json()["total"]
    # At least four pages where there are rows for them, at most eight: each page is its own request.
    limit = max(1, min(500, total // 4))
    seen: set[str] = set()
    n, target = 0, f"{here}?limit={limit}"
    while target:
        response = seeded_client.get(target)
        assert response.status_code == 200
        page = response.json()
        assert (response.links.get("next") or {}).get("url") == page["next"]
        seen |= {json.dumps(item, sort_keys=True) for item in page["items"]}
        n += len(page["items"])
        target = page["next"]
    assert n == len(seen) == total > 0


def test_there_is_a_list_for_every_kind_of_record() -> None:
    assert len(LISTS) == 26


@pytest.mark.parametrize("path", LISTS)
def test_sorts_of_the_document_are_accepted(seeded_client: TestClient, path: str) -> None:
    here = address(seeded_client, path)
    (sort,) = (each for each in DOCUMENT["paths"][path]["get"]["parameters"] if each["name"] == "sort")
    for name in sort["schema"]["enum"]:
        assert seeded_client.get(here, params={"sort": name, "limit": 2}).status_code == 200


def test_document_describes_every_field_and_parameter() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, rule in schema.get("properties", {}).items()
        if not rule.get("description")
    ]
    undescribed += [
        f"{path}?{each['name']}"
        for path, item in DOCUMENT["paths"].items()
        for operation in item.values()
        for each in operation.get("parameters", [])
        if each["in"] == "query" and not each.get("description")
    ]
    assert undescribed == []


def test_answers_have_no_default_values() -> None:
    answered = [name for name in DOCUMENT["components"]["schemas"] if name.endswith(("Record", "Ref", "Summary"))]
    for name in answered:
        schema = DOCUMENT["components"]["schemas"][name]
        assert set(schema["required"]) == set(schema["properties"]), name
    assert len(answered) > 40


def test_document_knows_no_other_shape_of_errors() -> None:
    for operation in (each for item in DOCUMENT["paths"].values() for each in item.values()):
        for status, response in operation["responses"].items():
            # A redirection has no body, and a part of a file is no error.
            if not status.startswith(("2", "3")):
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
