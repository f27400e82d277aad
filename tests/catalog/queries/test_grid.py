"""Grids: each number in its cell, and nothing where nothing was computed."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError, NotFoundError
from catalog.queries.grid import ClaimCell, get_claim_grid, get_detector_grid, get_metric_grid, get_score_grid
from catalog.vocabulary import Polarity, Unit, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.scan_run import make_scan_run
from tests.factories.verification import make_verification


def test_cell_without_a_number_is_empty_and_not_zero(session: Session) -> None:
    language_model = make_language_model(session, n_layers=2, n_heads=3, n_kv_heads=3)
    scores = {(0, 2): 0.0, (1, 0): 0.5, (1, 1): None}
    table = make_head_score_table(session, scores, language_model=language_model)
    session.expunge_all()
    grid = get_score_grid(session, language_model.slug, table.slug)
    assert grid.values == [[None, None, 0.0], [0.5, None, None]]


def test_table_of_groups_is_as_wide_as_there_are_groups(session: Session) -> None:
    language_model = make_language_model(session, n_layers=1, n_heads=6, n_kv_heads=2)
    table = make_head_score_table(session, {(0, 1): 0.3}, language_model=language_model, unit=Unit.KV_GROUP)
    assert get_score_grid(session, language_model.slug, table.slug).values == [[None, 0.3]]


def test_our_latest_run_comes_before_publications(session: Session) -> None:
    language_model = make_language_model(session, n_layers=1, n_heads=1, n_kv_heads=1)
    metric = make_metric(session, slug="mass")
    detector = make_detector(session, metric=metric)
    make_head_score_table(session, {(0, 0): 0.1}, language_model=language_model, metric=metric)
    for score in (0.2, 0.3):
        run = make_scan_run(session, language_model=language_model)
        make_head_score_table(session, {(0, 0): score}, language_model=language_model, metric=metric, scan_run=run)
    make_head_score_table(session, {(0, 0): 0.4}, language_model=language_model, metric=metric)
    session.expunge_all()
    assert get_metric_grid(session, language_model.slug, "mass").values == [[0.3]]
    assert get_detector_grid(session, language_model.slug, detector.slug).values == [[0.3]]


def test_missing_table_metric_or_run_is_refused_with_near_names(session: Session) -> None:
    language_model = make_language_model(session)
    metric = make_metric(session, slug="induction_mass")
    make_head_score_table(session, {}, language_model=language_model, metric=metric, slug="induction_table")
    with pytest.raises(InvalidQueryError) as refused:
        get_score_grid(session, language_model.slug, "induction_tabel")
    assert refused.value.near == ["induction_table"]
    with pytest.raises(InvalidQueryError) as refused:
        get_metric_grid(session, language_model.slug, "induction_masse")
    assert refused.value.near == ["induction_mass"]
    detector = make_detector(session, metric=metric)
    with pytest.raises(InvalidQueryError, match="has not run"):
        get_detector_grid(session, language_model.slug, detector.slug)
    with pytest.raises(NotFoundError):
        get_detector_grid(session, language_model.slug, "no_such_detector")


def test_claims_of_a_head_share_its_cell(session: Session) -> None:
    language_model = make_language_model(session, n_layers=1, n_heads=3, n_kv_heads=3)
    yes, no = make_head_type(session, slug="induction"), make_head_type(session, slug="previous_token")
    place = {"language_model": language_model, "layer": 0, "head": 1}
    verified = make_finding(session, head_type=yes, **place)
    make_finding(session, head_type=yes, **place)
    make_finding(session, head_type=no, polarity=Polarity.IS_NOT, **place)
    make_finding(session, circuit_role="mover", **place)
    make_finding(session, head_type=no, unit=Unit.KV_GROUP, language_model=language_model, layer=0, head=2)
    make_verification(session, finding=verified, verdict=Verdict.ERROR)
    make_verification(session, finding=verified, verdict=Verdict.NOT_REPRODUCED)
    cell = ClaimCell(("induction",), ("previous_token",), ("mover",), 4, (Verdict.NOT_REPRODUCED,))
    assert get_claim_grid(session, language_model.slug).cells == [[None, cell, None]]
    only = ClaimCell((), ("previous_token",), (), 1, ())
    assert get_claim_grid(session, language_model.slug, "previous_token").cells == [[None, only, None]]
