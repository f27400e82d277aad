"""The Python client against a running server: typed answers, paging, refusals, and no drift from the document."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from sqlalchemy.orm import Session

from api.app import create_app
from api.client import Headcat, HeadcatError
from api.client.headcat import FOUND
from api.client.transport import Transport
from api.generate_client import FOLDER, sources
from api.settings import ApiSettings
from catalog.db import make_engine
from catalog.schema import upgrade
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.release import make_release
from tests.factories.verification import make_verification


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a free port over three findings, one of them re-run."""
    file = tmp_path_factory.mktemp("client") / "catalog.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    with Session(engine) as session, session.begin():
        first = make_finding(session, accession="AHF-000001", layer=3, head=1)
        make_verification(session, finding=first)
        make_entry_version(session, first.accession)
        for number in (2, 3):
            again = {name: getattr(first, name) for name in ("paper_id", "language_model_id", "head_type_id")}
            make_finding(session, accession=f"AHF-00000{number}", layer=3, head=number, **again)
        make_release(session)
    server = uvicorn.Server(uvicorn.Config(create_app(ApiSettings(), engine), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
    engine.dispose()


@pytest.fixture
def headcat(address: str) -> Headcat:
    return Headcat(address, page_size=2)


def test_records_and_filters_are_those_of_the_document() -> None:
    generated = sources()
    assert {name: (FOLDER / name).read_text("utf-8") for name in generated} == generated
    written = {f"records/{file.name}" for file in (FOLDER / "records").glob("*.py")} - {"records/__init__.py"}
    assert written == set(generated) - {"filters.py"}


def test_client_loads_no_server() -> None:
    heavy = "fastapi sqlalchemy torch pydantic catalog ingest pandas"
    program = f"import sys, api.client; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def counting() -> Iterator[tuple[str, list[object]]]:
    """A server that speaks HTTP/1.1, and the connections that it was asked over; it closes each after three answers."""
    connections: list[object] = []

    class Kept(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        n_answers = 0

        def do_GET(self) -> None:
            self.n_answers += 1
            if self.n_answers == 1:
                connections.append(self.connection)
            content = b'{"asked": "' + self.path.encode() + b'"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            # Without saying so, as a server does whose patience ends.
            self.close_connection = self.n_answers == 3

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Kept)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", connections
    server.shutdown()
    server.server_close()
    thread.join()


def test_connection_is_used_again_and_replaced_once_the_server_closed_it(counting: tuple[str, list[object]]) -> None:
    address, connections = counting
    client = Headcat(address)
    for number in range(7):
        assert client.get("papers", str(number)) == {"asked": f"/api/v1/papers/{number}"}
    assert len(connections) == 3


def test_fields_alone_are_paged_to_the_end_and_checked(headcat: Headcat) -> None:
    expected = [{"accession": f"AHF-00000{number}", "name": f"L3H{number}"} for number in (1, 2, 3)]
    assert list(headcat.findings(sort="accession").only("accession", "name")) == expected
    where = {"field": "layer", "op": "eq", "value": 3}
    assert list(headcat.search(where, sort="accession").only("accession", "name")) == expected
    with pytest.raises(HeadcatError, match="acession") as refused:
        list(headcat.findings().only("acession"))
    assert "accession" in str(refused.value.near) + str(refused.value)


def test_findings_are_paged_to_the_end(headcat: Headcat) -> None:
    found = headcat.findings(sort="accession")
    assert [[each.accession for each in page] for page in found.pages()] == [
        ["AHF-000001", "AHF-000002"],
        ["AHF-000003"],
    ]
    assert [each.name for each in found] == ["L3H1", "L3H2", "L3H3"]
    assert found.total() == 3


def test_verdict_comes_with_its_finding(headcat: Headcat) -> None:
    first, second, _ = headcat.findings(sort="accession")
    assert first.latest_verification is not None
    assert isinstance(first.latest_verification.created_at, datetime)
    assert second.latest_verification is None
    detail = headcat.finding("AHF-000001")
    assert [each.verdict for each in detail.verifications] == [first.latest_verification.verdict]


def test_rows_are_flat_and_leave_out_what_is_absent(headcat: Headcat) -> None:
    first, second, _ = headcat.findings(sort="accession").rows()
    assert first["language_model.slug"] == headcat.finding("AHF-000001").language_model.slug
    assert "latest_verification.verdict" in first
    assert not any(name.startswith("latest_verification") for name in second)


def test_every_list_and_record_is_read(headcat: Headcat) -> None:
    (finding, *_) = headcat.findings()
    model, kind = finding.language_model.slug, finding.head_type
    assert kind is not None
    assert kind.slug in [each.slug for each in headcat.head_types()]
    assert headcat.head_type(kind.slug).accession == kind.accession
    assert model in [each.slug for each in headcat.language_models()]
    assert len(list(headcat.heads())) == 3
    assert headcat.head(model, "L3H1").layer == 3
    assert len(list(headcat.verifications())) == 1
    assert list(headcat.head_lists()) == []
    assert headcat.resolve(kind.slug).meanings[0].key == kind.slug
    assert headcat.search_text(kind.slug).q == kind.slug
    assert headcat.get("stats")["records"]


def test_search_pages_by_its_cursor(headcat: Headcat) -> None:
    where = {"field": "layer", "op": "eq", "value": 3}
    assert [each.accession for each in headcat.search(where, sort="accession")] == [
        f"AHF-00000{number}" for number in (1, 2, 3)
    ]
    assert headcat.search(where, target="heads").total() == 3
    assert {type(each) for each in headcat.search(where, target="heads")} == {FOUND["heads"]}


def test_citations_and_releases(headcat: Headcat) -> None:
    assert headcat.cite("AHF-000001.v1").startswith("@misc{headcat:AHF-000001.v1")
    assert headcat.cite("AHR-0001", "ris").startswith("TY  - DATA")
    assert [each.accession for each in headcat.releases()] == ["AHR-0001"]
    assert headcat.release().files[0].name == "jsonl/findings.jsonl"


def test_refusal_carries_status_sentence_and_near_names(headcat: Headcat) -> None:
    (kind, *_) = headcat.head_types()
    with pytest.raises(HeadcatError, match="Did you mean") as caught:
        headcat.head_type(kind.slug[:-1] + "x")
    refusal = caught.value
    assert (refusal.status, kind.slug in refusal.near) == (404, True)
    assert refusal.request_id
    with pytest.raises(HeadcatError) as caught:
        list(headcat.findings(verdikt="reproduced"))
    assert (caught.value.status, caught.value.near[:1]) == (422, ("verdict",))


def test_absent_server_is_one_sentence() -> None:
    with pytest.raises(HeadcatError, match="is the server running") as caught:
        Headcat("http://127.0.0.1:9", timeout_s=5).release()
    assert caught.value.status is None
    with pytest.raises(HeadcatError, match="http://"):
        Headcat("file:///etc")


def test_data_frame_without_pandas_says_what_to_install(headcat: Headcat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.client.results.find_spec", lambda _name: None)
    with pytest.raises(HeadcatError, match="pip install pandas"):
        headcat.findings().to_pandas()


def test_data_frame_has_a_row_for_each_item(headcat: Headcat) -> None:
    frame = headcat.findings(sort="accession").to_pandas()
    assert list(frame["accession"]) == ["AHF-000001", "AHF-000002", "AHF-000003"]


class Busy(BaseHTTPRequestHandler):
    """Refuses as often as its server says, then answers."""

    def do_GET(self) -> None:
        refused = self.server.refusals.pop(0) if self.server.refusals else None
        self.send_response(refused[0] if refused else 200)
        if refused and refused[1]:
            self.send_header("Retry-After", refused[1])
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("refusals", "waits", "status"),
    [
        ([(429, "7"), (503, None)], [7.0, 1.0], None),
        ([(429, "61")], [], 429),
        ([(503, "1")] * 3, [1.0, 1.0], 503),
        ([(500, "1")], [], 500),
    ],
)
def test_busy_server_is_asked_again_as_it_says(
    refusals: list[tuple[int, str | None]], waits: list[float], status: int | None
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.refusals = list(refusals)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    slept: list[float] = []
    transport = Transport(f"http://127.0.0.1:{server.server_port}", 5, 2, 60, sleep=slept.append)
    try:
        if status is None:
            assert transport.ask("/").json() == {}
        else:
            with pytest.raises(HeadcatError) as caught:
                transport.ask("/")
            assert caught.value.status == status
    finally:
        server.shutdown()
        server.server_close()
    assert slept == waits
