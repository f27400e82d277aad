"""An agent finds six read-only tools at /mcp, and they answer as the API does; without the SDK the server says so."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.mcp import server
from catalog.head_lists.freeze import freeze_head_lists
from tests.api.serving import serve
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model

HEADERS = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
TOOLS = {"resolve_name", "read_head_type", "search_findings", "read_head", "read_head_list", "cite_entry"}


@pytest.fixture
def agent(session: Session) -> Iterator[TestClient]:
    """A client under a name that the server answers to."""
    induction = make_head_type(session, slug="induction", name="Induction head", aliases=("copying head",))
    model = make_language_model(session, hub_id="lab/tiny", n_layers=4, n_heads=6)
    for head in (1, 2, 3):
        finding = make_finding(
            session, accession=f"AHF-00010{head}", head_type=induction, language_model=model, layer=3, head=head
        )
        make_entry_version(session, finding.accession)
    freeze_head_lists(session)
    with serve(session, base_url="https://heads.example") as made:
        yield made


def ask(client: TestClient, method: str, **params: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = client.post("/mcp", json=message, headers=HEADERS)
    assert response.status_code == 200, response.text
    return response.json()["result"]


def call(client: TestClient, tool: str, **arguments: Any) -> Any:
    result = ask(client, "tools/call", name=tool, arguments=arguments)
    assert not result.get("isError"), result
    return result["structuredContent"]


def refused(client: TestClient, tool: str, **arguments: Any) -> str:
    result = ask(client, "tools/call", name=tool, arguments=arguments)
    assert result["isError"]
    return result["content"][0]["text"]


def test_an_agent_is_told_the_tools_and_that_they_only_read(agent: TestClient) -> None:
    opened = ask(
        agent,
        "initialize",
        protocolVersion="2025-06-18",
        capabilities={},
        clientInfo={"name": "test", "version": "1"},
    )
    assert opened["serverInfo"]["name"] == "headcat"
    tools = {each["name"]: each for each in ask(agent, "tools/list")["tools"]}
    assert set(tools) == TOOLS
    for each in tools.values():
        assert each["annotations"]["readOnlyHint"]
        assert each["description"]
        assert all(value.get("description") for value in each["inputSchema"]["properties"].values()), each["name"]


def test_tools_answer_as_the_api_does(agent: TestClient) -> None:
    found = call(agent, "search_findings", head_type="copying head", limit=2)
    assert found == agent.get("/api/v1/findings?head_type=copying head&limit=2&total=true").json()
    assert (len(found["items"]), found["total"]) == (2, 3)
    rest = call(agent, "search_findings", head_type="copying head", limit=2, cursor=found["next_cursor"])
    assert [each["accession"] for each in rest["items"]] == ["AHF-000103"]
    assert call(agent, "read_head", language_model="lab/tiny", head="3.2") == (
        agent.get("/api/v1/language-models/lab--tiny/heads/L3H2").json()
    )
    assert call(agent, "read_head_type", head_type="copying head")["slug"] == "induction"
    assert call(agent, "resolve_name", name="induction") == agent.get("/api/v1/resolve?q=induction").json()
    assert call(agent, "cite_entry", accession="AHF-000101.v1")["citation"].startswith("@misc{headcat:AHF-000101.v1")
    heads = call(agent, "read_head_list", language_model="lab/tiny", head_type="induction")
    assert heads == agent.get("/api/v1/language-models/lab--tiny/head-lists/induction").json()


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("read_head_type", {"head_type": "inductoin"}, "Did you mean induction?"),
        ("search_findings", {"verdict": "reproducd"}, "reproducd"),
        ("search_findings", {"cursor": "x"}, "The cursor is damaged"),
        ("search_findings", {"limit": 501}, "500"),
        ("read_head", {"language_model": "lab/tiny", "head": "L4H0"}, "4 layers of 6 heads"),
        ("cite_entry", {"accession": "AHF-999999"}, "There is no entry"),
        ("cite_entry", {"accession": "../stats"}, ""),
    ],
)
def test_what_the_api_refuses_is_told_to_the_agent(
    agent: TestClient, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    assert sentence in refused(agent, tool, **arguments)


def test_another_host_is_refused(agent: TestClient) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    response = agent.post("/mcp", json=message, headers=HEADERS | {"host": "rebound.example"})
    assert response.status_code == 421


def test_only_post_is_answered(agent: TestClient) -> None:
    assert agent.get("/mcp").status_code == 405


def test_a_server_without_the_sdk_says_what_to_install(agent: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _name: None)
    response = agent.post("/mcp", json={}, headers=HEADERS)
    assert response.status_code == 404
    assert "headcat[mcp]" in response.text


def test_the_start_does_not_load_the_sdk() -> None:
    program = (
        "import sys\nfrom api.app import create_app\nfrom api.settings import ApiSettings\n"
        "create_app(ApiSettings(database_url='sqlite://'))\nprint('mcp' in sys.modules, 'pyarrow' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
