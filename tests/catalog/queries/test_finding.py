"""Findings: every filter finds what it should and leaves out the rest."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from sqlalchemy.orm import Session

from catalog.errors import InvalidNotationError, InvalidQueryError, NotFoundError, WithdrawnError
from catalog.models import Finding
from catalog.queries.finding import UNTESTED, FindingQuery, VerdictFilter, find_findings, get_finding
from catalog.vocabulary import Confidence, Polarity, SourceKind, Stage, Status, Unit, Verdict
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.method import make_method
from tests.factories.metric import make_metric
from tests.factories.paper import make_paper
from tests.factories.stage import make_stage, make_stage_assignment
from tests.factories.verification import make_verification


def found(session: Session, **asked: Any) -> list[str]:
    session.expunge_all()
    return [row.finding.accession for row in find_findings(session, FindingQuery(**asked)).items]


@pytest.fixture
def wanted(session: Session) -> Finding:
    """A finding with its own value in every field that can be asked for, beside an ordinary one."""
    make_finding(session, metric=make_metric(session), value=0.1, layer=0)
    made = make_finding(
        session,
        language_model=make_language_model(session, hub_id="lab/wanted", family="wanted", n_layers=4),
        head_type=make_head_type(session, slug="wanted", aliases=("Wanted Head",)),
        paper=make_paper(session, slug="wanted", year=2031),
        metric=make_metric(session, slug="wanted"),
        value=0.8,
        layer=3,
        head=5,
        unit=Unit.KV_GROUP,
        polarity=Polarity.IS_NOT,
        method_id=make_method(session, slug="wanted").id,
        task="the wanted task",
        source_kind=SourceKind.SECONDARY_NOTE,
        stage_id=make_stage(session).id,
        status=Status.DISPUTED,
    )
    detector = make_detector(session, slug="wanted")
    seen = {"score": 0.7, "grade": 3, "created_at": datetime(2031, 5, 6, 7, tzinfo=UTC)}
    make_verification(session, finding=made, detector=detector, verdict=Verdict.ERROR, **seen)
    frozen = make_entry_version(session, made.accession)
    frozen.created_at = datetime(2031, 5, 6, 7, tzinfo=UTC)
    session.flush()
    return made


@pytest.mark.parametrize(
    "asked",
    [
        {"language_model": "lab/wanted"},
        {"language_model": "lab--wanted"},
        {"family": "wanted"},
        {"head_type": "wanted"},
        {"head_type": "wanted heads"},
        {"paper": "wanted"},
        {"metric": "wanted"},
        {"method": "wanted"},
        {"layer": 3},
        {"head": 5},
        {"unit": "kv_group"},
        {"polarity": "is_not"},
        {"task": "WANTED"},
        {"q": "wanted task"},
        {"source_kind": "secondary_note"},
        {"confidence": "low"},
        {"stage": "latent_reasoning"},
        {"status": "disputed"},
        {"value_gte": 0.5},
        {"depth_gte": 1.0},
        {"depth_gte": 0.5, "depth_lte": 1.0},
        {"year_gte": 2031, "year_lte": 2031},
        {"verdict": "error"},
        {"grade_gte": 3},
        {"detector": "wanted"},
        {"score_gte": 0.7, "score_lte": 0.7},
        {"verified_from": "2031-05-06", "verified_to": "2031-05-06"},
        {"recorded_from": "2031-05-06", "recorded_to": "2031-05-06"},
        {"value_gte": 0.8, "value_lte": 0.8},
    ],
    ids=str,
)
def test_filter_finds_the_one_that_matches(session: Session, wanted: Finding, asked: dict[str, Any]) -> None:
    assert found(session, **asked) == [wanted.accession]


def test_percent_sign_in_a_text_is_a_letter(session: Session, wanted: Finding) -> None:
    assert found(session, task="%") == []
    with pytest.raises(InvalidQueryError, match="no word"):
        found(session, q="%")


def test_revision_in_a_slug_narrows_and_a_hub_id_does_not(session: Session) -> None:
    plain = make_language_model(session, hub_id="lab/a")
    pinned = make_language_model(session, hub_id="lab/a", slug="lab--a@0123456789ab", revision="0123456789ab")
    one, two = make_finding(session, language_model=plain), make_finding(session, language_model=pinned)
    assert found(session, language_model="lab/a") == [one.accession, two.accession]
    assert found(session, language_model="lab--a@0123456789ab") == [two.accession]


def test_stage_of_the_head_type_counts_as_well(session: Session) -> None:
    head_type = make_head_type(session)
    make_stage_assignment(session, head_type, make_stage(session, Stage.EXPRESSION_PREPARATION))
    finding = make_finding(session, head_type=head_type)
    make_finding(session)
    assert found(session, stage="expression_preparation") == [finding.accession]


def test_verdict_is_that_of_the_latest_verification(session: Session) -> None:
    finding = make_finding(session)
    make_verification(session, finding=finding, verdict=Verdict.REPRODUCED)
    latest = make_verification(session, finding=finding, verdict=Verdict.NOT_REPRODUCED)
    untested = make_finding(session)
    assert found(session, verdict="reproduced") == []
    assert found(session, verdict="not_reproduced") == [finding.accession]
    assert found(session, verdict=UNTESTED) == [untested.accession]
    rows = find_findings(session).items
    assert [row.latest_verification and row.latest_verification.accession for row in rows] == [latest.accession, None]


def test_withdrawn_verification_does_not_count(session: Session) -> None:
    finding = make_finding(session)
    kept = make_verification(session, finding=finding)
    make_verification(session, finding=finding, status=Status.WITHDRAWN, withdrawn_reason="faulty detector")
    session.expunge_all()
    (row,) = find_findings(session).items
    assert row.latest_verification is not None
    assert row.latest_verification.accession == kept.accession


def test_verdict_filter_takes_every_verdict_and_untested() -> None:
    assert list(get_args(VerdictFilter)) == [*Verdict, UNTESTED]


def test_withdrawn_findings_are_listed_only_when_asked_for(session: Session) -> None:
    gone = make_finding(session, status=Status.WITHDRAWN, withdrawn_reason="misread")
    assert found(session) == []
    assert found(session, status="withdrawn") == [gone.accession]


@pytest.mark.parametrize("field", ["language_model", "head_type", "paper", "method", "metric", "detector"])
def test_filter_that_names_nothing_is_refused_with_near_names(session: Session, wanted: Finding, field: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        found(session, **{field: "wantd"})
    assert refused.value.field == field
    assert refused.value.near in (["wanted"], ["lab--wanted"])


def test_ambiguous_head_type_is_refused_with_all_candidates(session: Session) -> None:
    make_head_type(session, slug="one", aliases=("copy head",))
    make_head_type(session, slug="two", aliases=("copy head",))
    with pytest.raises(InvalidQueryError, match="one, two"):
        found(session, head_type="copy head")


def test_finding_shows_all_reruns_and_the_other_claims_on_its_head(session: Session) -> None:
    finding = make_finding(session)
    language_model = finding.language_model_id
    reruns = [make_verification(session, finding=finding) for _ in range(2)]
    rival = make_finding(session, language_model_id=language_model, polarity=Polarity.IS_NOT)
    make_finding(session, language_model_id=language_model, head=3)
    session.expunge_all()
    detail = get_finding(session, finding.accession)
    assert [each.accession for each in detail.verifications] == [reruns[1].accession, reruns[0].accession]
    assert [(row.finding.accession, row.finding.paper.id) for row in detail.same_head] == [
        (rival.accession, rival.paper_id)
    ]


def test_withdrawn_finding_tells_reason_and_successor(session: Session) -> None:
    gone = make_finding(session, status=Status.WITHDRAWN, withdrawn_reason="misread", successor="AHF-000999", version=2)
    with pytest.raises(WithdrawnError) as raised:
        get_finding(session, gone.accession)
    assert (raised.value.reason, raised.value.successor, raised.value.last_version) == ("misread", "AHF-000999", 2)


def test_unknown_accession_names_its_neighbours(session: Session) -> None:
    make_finding(session, accession="AHF-000900")
    make_finding(session, accession="AHF-000902")
    with pytest.raises(NotFoundError) as raised:
        get_finding(session, "AHF-000901")
    assert raised.value.near == ["AHF-000900", "AHF-000902"]


@pytest.mark.parametrize("text", ["AHT-0001", "AHF-000001.v2", "L1H2", ""])
def test_what_is_no_accession_of_a_finding_is_refused(session: Session, text: str) -> None:
    with pytest.raises(InvalidNotationError):
        get_finding(session, text)


def test_confidence_follows_from_what_was_read(session: Session) -> None:
    for kind in SourceKind:
        make_finding(session, source_kind=kind)
    for confidence in Confidence:
        session.expunge_all()
        rows = find_findings(session, FindingQuery(confidence=confidence)).items
        expected = [kind for kind in SourceKind if kind.confidence == confidence]
        assert [row.finding.source_kind for row in rows] == expected


def test_as_of_shows_the_latest_rerun_of_then_and_only_what_was_frozen(session: Session) -> None:
    early, late = make_finding(session), make_finding(session)
    for finding, year in ((early, 2030), (late, 2032)):
        make_entry_version(session, finding.accession).created_at = datetime(year, 1, 1, tzinfo=UTC)
    for year, verdict in ((2030, Verdict.INCONCLUSIVE), (2032, Verdict.REPRODUCED)):
        made = datetime(year, 6, 1, tzinfo=UTC)
        make_verification(session, finding=early, verdict=verdict, created_at=made)
    session.expunge_all()
    (row,) = find_findings(session, FindingQuery(as_of=date(2031, 1, 1))).items
    assert row.finding.accession == early.accession
    assert row.latest_verification is not None
    assert row.latest_verification.verdict == Verdict.INCONCLUSIVE
    assert found(session, as_of="2030-03-01", verdict=UNTESTED) == [early.accession]
    assert found(session, as_of="2031-01-01", verdict="reproduced") == []
    assert found(session, verdict="reproduced") == [early.accession]
    assert found(session, as_of="2029-12-31") == []


def test_day_counts_to_its_end(session: Session) -> None:
    finding = make_finding(session)
    make_entry_version(session, finding.accession).created_at = datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)
    session.flush()
    assert found(session, as_of="2030-01-01") == [finding.accession]
    assert found(session, as_of="2029-12-31") == []


def test_model_of_one_layer_has_depth_zero(session: Session) -> None:
    flat = make_finding(session, language_model=make_language_model(session, n_layers=1), layer=0)
    assert found(session, depth_lte=0) == [flat.accession]
