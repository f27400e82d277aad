"""Jobs over HTTP: queued once, followed, stopped; who may, and who may not. Workers are tested in tests/ingest/jobs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from catalog.db import make_engine
from catalog.queries.job_run import begin_run, say_progress
from catalog.schema import upgrade
from tests.api.pages.reading import read_page

JOBS = "/api/v1/jobs"
SCAN = {"kind": "scan", "model": "gpt2", "id": "mine"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine_of_jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A catalog of its own: the queue writes past any test's transaction."""
    if request.param == "postgresql":
        made = make_engine(request.getfixturevalue("postgresql_url"))
    else:
        made = make_engine(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    upgrade(made)
    yield made
    made.dispose()


def client_of(engine: Engine, host: str = "127.0.0.1", who: str = "this_machine") -> TestClient:
    app = create_app(ApiSettings(jobs_from=who), engine)
    return TestClient(app, base_url="http://127.0.0.1:8000", client=(host, 50_000))


@pytest.fixture
def local(engine_of_jobs: Engine) -> Iterator[TestClient]:
    made = client_of(engine_of_jobs)
    yield made
    for job in made.get(JOBS, params={"state": "queued", "limit": 500}).json()["items"]:
        made.post(f"{JOBS}/{job['id']}/cancel")
    made.app.state.jobs.queue.close()


def test_a_catalog_without_a_queue_has_no_jobs_and_gets_no_tables_by_being_read(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    upgrade(engine)
    client = client_of(engine)
    assert client.get(JOBS, params={"total": True}).json() == {
        "items": [],
        "next": None,
        "next_cursor": None,
        "total": 0,
    }
    assert client.get(f"{JOBS}/nothing").status_code == 404
    assert client.get("/jobs").status_code == 200
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "workflow_status")
    engine.dispose()


def test_a_job_is_queued_once_and_found_again(local: TestClient) -> None:
    answer = local.post(JOBS, json=SCAN)
    assert answer.status_code == 200
    assert answer.headers["Location"].endswith("/api/v1/jobs/mine")
    assert answer.headers["Cache-Control"] == "no-store"
    again = local.post(JOBS, json=SCAN | {"model": "another"})
    assert again.json() == answer.json() == local.get(f"{JOBS}/mine").json()
    assert answer.json()["state"] == "queued"
    assert answer.json()["request"]["model"] == "gpt2"


def test_lists_go_page_by_page_and_by_state(local: TestClient) -> None:
    ids = [local.post(JOBS, json={"kind": "scan", "model": "gpt2"}).json()["id"] for _ in range(3)]
    local.post(f"{JOBS}/{ids[0]}/cancel")
    first = local.get(JOBS, params={"limit": 1, "state": "queued", "fields": "id"}).json()
    second = local.get(first["next"]).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [ids[2], ids[1]]
    assert ids[0] in [job["id"] for job in local.get(JOBS, params={"state": "cancelled"}).json()["items"]]


def test_what_a_job_cannot_do_is_said(local: TestClient) -> None:
    local.post(JOBS, json=SCAN | {"id": "other"})
    answer = local.post(f"{JOBS}/other/retry")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/problems/wrong-state")
    assert local.post(f"{JOBS}/other/cancel").json()["state"] == "cancelled"
    assert local.post(f"{JOBS}/other/cancel").status_code == 409
    assert local.post(f"{JOBS}/other/retry").json()["state"] == "queued"
    assert local.post(f"{JOBS}/nothing/cancel").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "verify"}, "/body/accessions"),
        ({"kind": "scan"}, "/body/scan/model"),
        ({"kind": "scan", "model": "x", "prompts": 3}, "/body/scan/prompts"),
        ({"kind": "scan", "model": "x", "id": "a/b"}, "/body/scan/id"),
        ({"kind": "scan", "model": "x", "shell": "ls"}, "/body/scan/shell"),
        ({"kind": "burn"}, "/body"),
    ],
)
def test_a_request_that_cannot_be_used_is_refused_with_its_place(
    local: TestClient, body: dict[str, object], pointer: str
) -> None:
    local.get(JOBS)
    answer = local.post(JOBS, json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Host": "evil.example"},
        {"X-Forwarded-For": "203.0.113.5"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_others_and_proxies_queue_nothing(local: TestClient, headers: dict[str, str]) -> None:
    local.get(JOBS)
    answer = local.post(JOBS, json=SCAN | {"id": "foreign"}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/problems/forbidden")
    assert local.get(f"{JOBS}/foreign").status_code == 404


def test_who_may_queue_is_a_setting(engine_of_jobs: Engine) -> None:
    assert client_of(engine_of_jobs, "203.0.113.5").post(JOBS, json=SCAN).status_code == 403
    assert client_of(engine_of_jobs, who="nobody").post(JOBS, json=SCAN).status_code == 403
    anyone = client_of(engine_of_jobs, "203.0.113.5", who="anyone")
    assert anyone.post(JOBS, json=SCAN | {"id": "open"}).status_code == 200
    anyone.post(f"{JOBS}/open/cancel")
    assert client_of(engine_of_jobs, "203.0.113.5").get(f"{JOBS}/open").status_code == 200


def test_events_tell_the_record_until_the_job_ends(local: TestClient) -> None:
    local.post(JOBS, json=SCAN | {"id": "told"})
    local.post(f"{JOBS}/told/cancel")
    answer = local.get(f"{JOBS}/told/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    (event,) = answer.text.strip().split("\n\n")
    name, data = event.split("\n")
    assert name == "event: job"
    assert json.loads(data.removeprefix("data: ")) == local.get(f"{JOBS}/told").json()


def test_pages_show_progress_without_a_script(local: TestClient, engine_of_jobs: Engine) -> None:
    local.post(JOBS, json={"kind": "scan", "model": "/home/someone/models/gpt2", "id": "page"})
    run, _ = begin_run(engine_of_jobs, "page", "host:gpu0")
    say_progress(engine_of_jobs, run, "measuring induction", 3, 8)
    answer = local.get("/jobs/page")
    page = read_page(answer.text)
    assert "measuring induction" in page.text()
    assert {"max": "8", "value": "3"}.items() <= page.all("progress")[0].items()
    # Where a language model lies on the worker's machine is nobody's business.
    assert "/home/someone" not in answer.text
    assert "/home/someone" not in local.get(f"{JOBS}/page").text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "/jobs/page" in read_page(local.get("/jobs").text).links()
    assert local.get("/jobs?state=nonsense").status_code == 422
