"""Transfer as JSON and as a table: every cell once, and nothing that a spreadsheet would run."""

import csv
import io

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.vocabulary import Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.verification import make_verification

API = "/api/v1/transfer"


def test_the_table_holds_the_cells_of_the_matrix(client: TestClient, session: Session) -> None:
    kind, model = make_head_type(session, slug="kind"), make_language_model(session)
    claim = make_finding(session, head_type=kind, language_model=model, task="=1+1")
    detector = make_detector(session, spec={"prompts": "random_tokens"})
    make_verification(session, finding=claim, detector=detector, verdict=Verdict.NOT_REPRODUCED)
    make_finding(session, head_type=kind, language_model=model, task="copying", head=3)
    cells = client.get(f"{API}?head_type=kind").json()["items"][0]["cells"]
    assert [(each["task"], each["n_not_reproduced"], each["n_untested"]) for each in cells] == [
        ("=1+1", 1, 0),
        ("copying", 0, 1),
    ]
    answer = client.get(f"{API}.csv?head_type=kind")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["task"], row["prompts"], row["not_reproduced"], row["untested"]) for row in rows] == [
        ("'=1+1", "random_tokens", "1", "0"),
        ("copying", "", "0", "1"),
    ]


def test_depths_and_inheritance_answer_with_nothing_where_nothing_is(client: TestClient, session: Session) -> None:
    make_finding(session)
    assert client.get(f"{API}/depths").json() == {"items": []}
    assert client.get(f"{API}/inheritance").json() == {"items": []}
    assert client.get(f"{API}/inheritance?metric=none_such").status_code == 422
