"""A retracted detector: old addresses answer and say it, nothing rests on it, and the feeds tell it."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from catalog.models import Verification
from catalog.queries.verification import get_verification
from catalog.retraction.retract import record_reinstatement, record_retraction
from catalog.vocabulary import Maturity
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.verification import make_verification

API = "/api/v1"
REASON = "It counted the wrong key."


@pytest.fixture
def rerun(session: Session) -> Verification:
    """The only re-run of a claim, frozen, by a detector that is then retracted."""
    detector = make_detector(session, slug="wrong", maturity=Maturity.CALIBRATED)
    made = make_verification(session, finding=make_finding(session), detector=detector)
    make_entry_version(session, made.accession)
    record_retraction(session, "wrong", 1, REASON)
    session.expire_all()
    return get_verification(session, made.accession)


def test_old_addresses_answer_and_say_it(client: TestClient, rerun: Verification) -> None:
    said = f"version 1 of the detector wrong was found faulty on {rerun.detector.events[-1].created_at.date()}"
    answer = client.get(f"{API}/verifications/{rerun.accession}").json()
    assert (answer["verdict"], answer["is_counted"]) == ("reproduced", False)
    assert said in answer["notice"]
    frozen = client.get(f"{API}/entries/{rerun.accession}.v1")
    assert said in frozen.json()["notice"]
    assert frozen.headers["cache-control"] == "no-cache"
    # The bytes of the hash never change, and a citation says what became known.
    canonical = client.get(f"{API}/entries/{rerun.accession}.v1?format=canonical")
    assert "immutable" in canonical.headers["cache-control"]
    assert REASON in client.get(f"{API}/entries/{rerun.accession}.v1/bibtex").text
    for address in (
        f"/verifications/{rerun.accession}",
        f"/entries/{rerun.accession}.v1",
        "/detectors/wrong?version=1",
    ):
        assert REASON in client.get(address).text, address


def test_nothing_rests_on_it(client: TestClient, session: Session, rerun: Verification) -> None:
    finding = rerun.finding.accession
    answer = client.get(f"{API}/findings/{finding}").json()
    assert (answer["latest_verification"], len(answer["verifications"])) == (None, 1)
    assert (answer["assessment"]["outcome"], answer["assessment"]["grade"]) == ("untested", 0)
    assert answer["assessment"]["reruns"][0]["is_counted"] is False
    assert client.get(f"{API}/findings?verdict=untested").json()["items"][0]["accession"] == finding
    assert client.get(f"{API}/verifications?is_counted=false").json()["items"][0]["accession"] == rerun.accession
    assert client.get(f"{API}/detectors/wrong").json()["events"][0]["reason"] == REASON
    record_reinstatement(session, "wrong", 1, "It did not.")
    assert client.get(f"{API}/findings/{finding}").json()["assessment"]["outcome"] == "is"


def test_feeds_of_what_it_touched_tell_it(client: TestClient, session: Session, rerun: Verification) -> None:
    other = make_finding(session)
    make_entry_version(session, other.accession)
    for feed, is_told in (
        ("entries.json", True),
        ("entries.json?kind=AHV", True),
        ("entries.json?kind=AHF", False),
        (f"entries.json?accession={rerun.finding.accession}", True),
        (f"entries.json?accession={other.accession}", False),
        (f"findings.json?paper={rerun.finding.paper.slug}", True),
        ("findings.json?polarity=is_not", False),
    ):
        titles = [item["title"] for item in client.get(f"{API}/feeds/{feed}").json()["items"]]
        assert ("Detector wrong version 1 retracted" in titles) is is_told, feed
    items = client.get(f"{API}/feeds/entries.json").json()["items"]
    told = next(item for item in items if item["title"].startswith("Detector"))
    assert told["content_text"] == f"{REASON[:-1]}. Its re-runs, 1 at that moment, no longer count."


def test_what_the_catalog_says_of_heads_is_a_list(client: TestClient, rerun: Verification) -> None:
    slug = rerun.finding.head_type.slug
    answer = client.get(f"{API}/assessments?head_type={slug}&total=true").json()
    assert (answer["total"], answer["items"][0]["name"], answer["items"][0]["outcome"]) == (1, "L1H2", "untested")
    assert client.get(f"{API}/assessments?head_type={slug}&outcome=is").json()["items"] == []
    assert client.get(f"{API}/assessments?outcome=surely").status_code == 422
