"""AUROC counts heads that others list, or that were written by hand, and never what we listed ourselves."""

from sqlalchemy.orm import Session

from catalog.models import LanguageModel
from catalog.queries.reliability import Ordering, find_reliability
from catalog.vocabulary import Polarity, SourceKind
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.scan_run import make_scan_run
from tests.factories.verification import make_verification


def orderings(session: Session) -> list[Ordering]:
    return [found for row in find_reliability(session) for found in row.orderings]


def scored(session: Session, model: LanguageModel, **details: object) -> None:
    """Heads 0 to 3 of layer 0 score 0.0 to 0.3 by version 1 of the detector `seer`."""
    run = make_scan_run(session, language_model=model)
    said = {"detector": "seer", "detector_version": 1, "is_definition": False} | details
    scores = {(0, head): head / 10 for head in range(4)}
    make_head_score_table(session, scores, language_model=model, scan_run=run, details=said)


def test_auroc_is_of_listed_heads_on_any_revision(session: Session) -> None:
    kind = make_head_type(session)
    make_detector(session, slug="seer", head_types=(kind,))
    claimed = make_language_model(session, hub_id="lab/one")
    measured = make_language_model(session, hub_id="lab/one", slug="lab--one@1", revision="1")
    scored(session, measured)
    make_finding(session, language_model=claimed, head_type=kind, layer=0, head=1)
    make_finding(session, language_model=claimed, head_type=kind, layer=0, head=3)
    make_finding(session, language_model=claimed, head_type=kind, layer=0, head=0, polarity=Polarity.IS_NOT)
    (found,) = orderings(session)
    # 0.1 and 0.3 against 0.0 and 0.2: three of four pairs.
    assert (found.n_listed, found.n_others, found.auroc) == (2, 2, 0.75)
    assert found.is_by_construction is False


def test_own_claims_and_definitions_show_nothing_and_written_heads_stand_apart(session: Session) -> None:
    kind = make_head_type(session)
    make_detector(session, slug="seer", head_types=(kind,))
    model = make_language_model(session)
    scored(session, model)
    scored(session, model, is_definition=True)
    make_finding(session, language_model=model, head_type=kind, layer=0, head=3, source_kind=SourceKind.OWN_MEASUREMENT)
    assert orderings(session) == []
    make_finding(session, language_model=model, head_type=kind, layer=0, head=0, source_kind=SourceKind.CONSTRUCTION)
    (found,) = orderings(session)
    assert (found.is_by_construction, found.n_listed, found.auroc) == (True, 1, 0.0)


def test_a_detector_without_anything_measured_is_listed(session: Session) -> None:
    made = make_verification(session)
    (row,) = find_reliability(session)
    assert (row.detector.id, row.orderings, row.detector.error_rates) == (made.detector_id, [], [])
