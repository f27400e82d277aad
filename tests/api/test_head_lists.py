"""Head lists over HTTP: the present one, a version that is kept for ever, and refusals that explain."""

import io
import json
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.head_lists.freeze import freeze_head_lists
from catalog.models import LanguageModel
from catalog.vocabulary import Polarity, Status, Unit, Verdict
from tests.api.serving import PUBLIC_URL, assert_problem
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.verification import make_verification

LISTS = "/api/v1/language-models/lab--tiny/head-lists"


@pytest.fixture
def model(session: Session) -> LanguageModel:
    """A language model of 2 layers with 4 query heads in 2 groups, and three claims on query heads of it."""
    made = make_language_model(session, hub_id="lab/tiny", n_layers=2, n_heads=4, n_kv_heads=2)
    kind = make_head_type(session, slug="retrieval", aliases=("Retrieval Head",))
    metric = make_metric(session, slug="needle_share")
    claim: dict[str, Any] = {"language_model": made, "head_type": kind}
    first = make_finding(session, **claim, layer=1, head=3, metric=metric, value=0.75)
    make_finding(session, **claim, layer=0, head=0, metric=metric, value=0.5)
    make_finding(session, **claim, layer=1, head=2)
    make_verification(session, finding=first, verdict=Verdict.REPRODUCED, grade=2)
    freeze_head_lists(session)
    return made


def names(answer: dict[str, Any]) -> list[str]:
    return [head["name"] for head in answer["heads"]]


def path_of(url: str) -> str:
    return url.removeprefix(PUBLIC_URL)


@pytest.mark.usefixtures("model")
def test_list_states_rule_unit_claims_and_verdicts(client: TestClient) -> None:
    answer = client.get(f"{LISTS}/retrieval").json()
    assert (answer["unit"], answer["basis"], answer["n_heads"]) == ("query_head", "claimed", 3)
    assert answer["rule"].startswith("At least one source claims")
    assert names(answer) == ["L0H0", "L1H2", "L1H3"]
    (claim,) = answer["heads"][2]["claims"]
    assert (claim["value"], claim["verdict"], claim["grade"], claim["polarity"]) == (0.75, "reproduced", 2, "is")
    assert answer["heads"][1]["claims"][0]["verdict"] is None
    reproduced = client.get(f"{LISTS}/retrieval?basis=reproduced").json()
    assert names(reproduced) == ["L1H3"]
    assert [each["reason"] for each in reproduced["left_out"]] == ["Nobody re-ran the claim here."] * 2


def test_version_stays_while_the_list_goes_on(client: TestClient, session: Session, model: LanguageModel) -> None:
    first = client.get(f"{LISTS}/retrieval")
    frozen = path_of(first.json()["version_url"])
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-location"] == first.json()["version_url"]
    kept = client.get(frozen)
    assert "immutable" in kept.headers["cache-control"]
    assert client.get(frozen, headers={"if-none-match": kept.headers["etag"]}).status_code == 304
    assert freeze_head_lists(session) == 0
    kind = make_finding(session, language_model=model, layer=0, head=1).head_type_id
    assert kind is not None
    withdrawn = first.json()["heads"][0]["claims"][0]["accession"].split(".")[0]
    from catalog.models import Finding

    session.query(Finding).filter_by(accession=withdrawn).update(
        {"status": Status.WITHDRAWN, "withdrawn_reason": "misread"}
    )
    assert freeze_head_lists(session) > 0
    assert names(client.get(f"{LISTS}/retrieval").json()) == ["L1H2", "L1H3"]
    assert client.get(frozen).content == kept.content
    latest = client.get(frozen).headers["link"]
    assert 'rel="latest-version"' in latest
    assert names(client.get(path_of(latest.split(">")[0].lstrip("<"))).json()) == ["L1H2", "L1H3"]


@pytest.mark.usefixtures("model")
def test_shapes_are_read_by_the_code_of_their_tools(client: TestClient) -> None:
    scores = client.get(f"{LISTS}/retrieval?format=retrieval_head")
    assert json.loads(scores.text.splitlines()[0]) == {"0-0": [0.5], "1-3": [0.75]}
    assert scores.headers["x-heads-without-score"] == "L1H2"
    address = f"{LISTS}/retrieval?format=duo_attention&conversion=group_of_any_head"
    table = client.get(address)
    assert table.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    # Query head 0 of layer 0 is of group 0; query heads 2 and 3 of layer 1 are of group 1.
    assert np.loadtxt(io.StringIO(table.text), dtype=float, delimiter="\t").tolist() == [[1, 0], [0, 1]]
    for answer in (scores, table):
        kept = client.get(path_of(answer.headers["content-location"]))
        assert (kept.content, "immutable" in kept.headers["cache-control"]) == (answer.content, True)


@pytest.mark.usefixtures("model")
def test_conversion_is_stated_in_the_answer(client: TestClient) -> None:
    answer = client.get(f"{LISTS}/retrieval?conversion=group_of_all_heads").json()
    assert (answer["unit"], names(answer)) == ("kv_group", ["L1H1"])
    assert answer["conversion"] == {
        "rule": "group_of_all_heads",
        "meaning": "A key-value group is listed if all of its query heads are.",
        "from_unit": "query_head",
    }
    assert answer["heads"][0]["stands_for"] == ["L1H2", "L1H3"]
    kept = client.get(path_of(answer["version_url"])).json()
    assert (names(kept), kept["conversion"]) == (["L1H1"], answer["conversion"])


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("query", "pointer", "near"),
    [
        ("unit=kv_group", "/query/unit", "group_of_any_head"),
        ("format=duo_attention", "/query/format", "group_of_any_head"),
        ("conversion=heads_of_group", "/query/conversion", "group_of_any_head"),
        ("unit=query_head&conversion=group_of_any_head", "/query/unit", None),
        ("format=retrieval_head&score=nedle_share", "/query/score", "needle_share"),
        ("score=needle_share", "/query/score", None),
        ("basis=claimd", "/query/basis", "claimed"),
    ],
)
def test_what_cannot_be_answered_is_explained(client: TestClient, query: str, pointer: str, near: str | None) -> None:
    problem = assert_problem(client.get(f"{LISTS}/retrieval?{query}"), "invalid-request")
    (part,) = problem["errors"]
    assert part["pointer"] == pointer
    assert near is None or near in part["near"]


def test_lists_of_both_units_stay_two_lists(client: TestClient, session: Session, model: LanguageModel) -> None:
    kind = make_head_type(session, slug="sink")
    for unit, head in ((Unit.QUERY_HEAD, 3), (Unit.KV_GROUP, 1)):
        make_finding(session, language_model=model, head_type=kind, unit=unit, layer=0, head=head)
    freeze_head_lists(session)
    problem = assert_problem(client.get(f"{LISTS}/sink"), "invalid-request")
    assert "two lists: name a unit" in problem["detail"]
    assert names(client.get(f"{LISTS}/sink?unit=kv_group").json()) == ["L0H1"]
    assert names(client.get(f"{LISTS}/sink?unit=query_head").json()) == ["L0H3"]


def test_index_has_one_row_for_each_present_list(client: TestClient, session: Session, model: LanguageModel) -> None:
    make_finding(
        session, language_model=model, head_type=make_head_type(session, slug="denied"), polarity=Polarity.IS_NOT
    )
    freeze_head_lists(session)
    index = client.get(LISTS).json()["items"]
    # Nobody claims the type that is only denied.
    assert [(each["head_type"]["slug"], each["unit"], each["n_heads"]) for each in index] == [
        ("retrieval", "query_head", 3)
    ]
    assert client.get(path_of(index[0]["url"])).json()["version"] == index[0]["version"]
    every = client.get(
        "/api/v1/head-lists?language_model=lab/tiny&head_type=retrieval&basis=reproduced&total=true"
    ).json()
    assert (every["total"], every["items"][0]["n_heads"]) == (1, 1)


@pytest.mark.usefixtures("model")
def test_other_names_lead_to_the_one_address(client: TestClient) -> None:
    for name in ("lab/tiny/head-lists/retrieval", "lab--tiny/head-lists/Retrieval Head"):
        moved = client.get(f"/api/v1/language-models/{name}?basis=undisputed")
        assert (moved.status_code, moved.headers["location"]) == (308, f"{LISTS}/retrieval?basis=undisputed")


@pytest.mark.usefixtures("model")
def test_what_is_not_there_comes_with_what_is(client: TestClient, session: Session) -> None:
    make_head_type(session, slug="unclaimed")
    assert assert_problem(client.get(f"{LISTS}/unclaimed"), "not-found")["near"] == ["retrieval"]
    present = client.get(f"{LISTS}/retrieval").json()["version"]
    for version in ("0000000000000000", present[:8], "%25"):
        assert present in assert_problem(client.get(f"{LISTS}/retrieval/{version}"), "not-found")["near"]
