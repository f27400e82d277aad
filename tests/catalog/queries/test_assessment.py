"""Assessments are found by head, type, outcome and grade; what they say is `assessment/`'s."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.models import LanguageModel
from catalog.notation import HeadRef
from catalog.queries.assessment import AssessmentQuery, assess_head, find_assessments
from catalog.retraction.retract import record_retraction
from catalog.vocabulary import Maturity, Outcome, Polarity, Status, Unit, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.verification import make_verification


@pytest.fixture
def model(session: Session) -> LanguageModel:
    """Heads 0 to 4 of layer 1 are claimed of one type; 0 is re-run, 1 denied, 2 denied by a re-run, 4 a KV group."""
    made = make_language_model(session)
    kind = make_head_type(session, slug="kind")
    sound = make_detector(session, slug="sound", maturity=Maturity.CALIBRATED)
    claims = [make_finding(session, language_model=made, head_type=kind, head=head) for head in range(4)]
    make_finding(session, language_model=made, head_type=kind, head=4, unit=Unit.KV_GROUP)
    make_finding(session, language_model=made, head_type=kind, head=1, polarity=Polarity.IS_NOT)
    make_finding(session, language_model=made, head=0, circuit_role="a role")
    make_verification(session, finding=claims[0], detector=sound, grade=3, signer="a", broad_verdict="reproduced")
    make_verification(session, finding=claims[2], detector=sound, verdict=Verdict.NOT_REPRODUCED)
    return made


def outcomes(session: Session, **query: object) -> dict[str, Outcome]:
    page = find_assessments(session, AssessmentQuery(**query))
    return {f"{row.unit} {row.head}": row.assessment.outcome for row in page.items}


def test_every_head_with_a_claim_has_an_assessment_of_each_type(session: Session, model: LanguageModel) -> None:
    assert outcomes(session, language_model=model.slug) == {
        "query_head L1H0": Outcome.IS,
        "query_head L1H1": Outcome.CONFLICTING,
        "query_head L1H2": Outcome.IS_NOT,
        "query_head L1H3": Outcome.UNTESTED,
        "kv_group L1H4": Outcome.UNTESTED,
    }
    assert outcomes(session, head_type="kind", head=2) == {"query_head L1H2": Outcome.IS_NOT}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_filter_by_outcome_finds_what_the_whole_list_says(
    session: Session, model: LanguageModel, outcome: Outcome
) -> None:
    everything = outcomes(session, language_model=model.slug)
    expected = {name: found for name, found in everything.items() if found is outcome}
    assert outcomes(session, language_model=model.slug, outcome=outcome) == expected
    page = find_assessments(session, AssessmentQuery(outcome=outcome, total=True))
    assert page.total == len(expected)


def test_pages_of_a_computed_filter_hold_everything_once(session: Session, model: LanguageModel) -> None:
    found, cursor = [], None
    while True:
        page = find_assessments(session, AssessmentQuery(outcome=Outcome.UNTESTED, limit=1, cursor=cursor))
        found += [str(row.head) for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == ["L1H3", "L1H4"]


def test_grade_and_signer_are_read(session: Session, model: LanguageModel) -> None:
    (row,) = find_assessments(session, AssessmentQuery(grade_gte=3)).items
    assert (str(row.head), row.assessment.parties, row.assessment.broad.verdict) == ("L1H0", ["a"], "reproduced")
    assert not find_assessments(session, AssessmentQuery(grade_gte=4)).items


def test_a_retracted_detector_takes_the_outcome_with_it(session: Session, model: LanguageModel) -> None:
    record_retraction(session, "sound", 1, "It counted the wrong key.")
    assert set(outcomes(session, language_model=model.slug, head=0).values()) == {Outcome.UNTESTED}
    (row,) = assess_head(session, model, Unit.QUERY_HEAD, HeadRef(1, 0))
    assert (len(row.assessment.reruns), row.assessment.n_counted) == (1, 0)


def test_withdrawn_claims_are_no_evidence(session: Session) -> None:
    finding = make_finding(session, status=Status.WITHDRAWN, withdrawn_reason="It was misread.")
    make_verification(session, finding=finding)
    assert not find_assessments(session).items


def test_an_unknown_name_is_refused(session: Session) -> None:
    with pytest.raises(InvalidQueryError, match="kindd"):
        find_assessments(session, AssessmentQuery(head_type="kindd"))
