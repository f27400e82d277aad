"""The smaller concepts: detectors, circuits, runs, counts and frozen forms."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError
from catalog.notation import Accession
from catalog.queries.circuit import CircuitQuery, find_circuits, get_circuit
from catalog.queries.counts import get_counts
from catalog.queries.detector import DetectorQuery, find_detectors, get_detector
from catalog.queries.entry_version import get_entry_version
from catalog.queries.metric import get_metric
from catalog.queries.scan_run import get_scan_run
from catalog.queries.verification import VerificationQuery, find_verifications
from catalog.vocabulary import Status, Verdict
from tests.factories.circuit import make_circuit
from tests.factories.detector import make_detector
from tests.factories.entry_version import make_entry_version
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.metric import make_metric
from tests.factories.scan_run import make_scan_run
from tests.factories.verification import make_verification


def test_detectors_are_listed_in_their_latest_version(session: Session) -> None:
    for version in (1, 2):
        make_detector(session, slug="induction", version=version)
    listed = find_detectors(session).items
    assert [each.version for each in listed] == [2]
    assert len(find_detectors(session, DetectorQuery(all_versions=True)).items) == 2
    assert get_detector(session, "induction").detector.version == 2
    assert get_detector(session, "induction", 1).versions == [1, 2]
    with pytest.raises(NotFoundError, match="version 3"):
        get_detector(session, "induction", 3)


def test_metric_is_read_in_its_latest_version(session: Session) -> None:
    for version in (1, 2):
        make_metric(session, slug="mass", version=version)
    assert get_metric(session, "mass").metric.version == 2
    assert get_metric(session, "mass", 1).metric.version == 1


def test_circuit_is_found_by_slug_accession_and_head_type(session: Session) -> None:
    head_type = make_head_type(session)
    made = make_circuit(session, roles={"movers": ["L0H1", "L3H2"]}, head_type=head_type)
    make_circuit(session)
    session.expunge_all()
    for name in (made.slug, made.accession):
        circuit = get_circuit(session, name)
        (variant,) = circuit.variants
        assert [(node.layer, node.head) for node in variant.nodes] == [(0, 1), (3, 2)]
        assert [(edge.source, edge.target) for edge in variant.edges] == [("movers", "output")]
    rows = find_circuits(session, CircuitQuery(head_type=head_type.slug)).items
    assert [(row.circuit.slug, row.n_variants) for row in rows] == [(made.slug, 1)]
    with pytest.raises(NotFoundError) as raised:
        get_circuit(session, made.slug + "x")
    assert made.slug in raised.value.near


def test_run_shows_what_it_left(session: Session) -> None:
    finding = make_finding(session)
    run = make_scan_run(session)
    make_verification(session, finding=finding, scan_run=run, verdict=Verdict.NOT_REPRODUCED)
    make_verification(session, finding=finding)
    table = make_head_score_table(session, {(0, 0): 0.5}, scan_run=run)
    session.expunge_all()
    detail = get_scan_run(session, run.id)
    assert [each.slug for each in detail.head_score_tables] == [table.slug]
    assert detail.verdicts == {Verdict.NOT_REPRODUCED: 1}
    with pytest.raises(NotFoundError):
        get_scan_run(session, run.id + 1000)


def test_verifications_are_filtered_by_claim_detector_and_grade(session: Session) -> None:
    wanted = make_verification(session, grade=3, verdict=Verdict.INCONCLUSIVE)
    make_verification(session)
    finding, detector = wanted.finding_id, wanted.detector_id
    session.expunge_all()
    (found,) = find_verifications(session, VerificationQuery(grade_gte=2)).items
    assert (found.finding_id, found.detector_id) == (finding, detector)
    for asked in (
        {"finding": found.finding.accession},
        {"detector": found.detector.slug},
        {"verdict": Verdict.INCONCLUSIVE},
        {"scan_run": found.scan_run_id},
        {"head_type": found.finding.head_type.slug},  # type: ignore[union-attr]
        {"language_model": found.finding.language_model.hub_id},
    ):
        items = find_verifications(session, VerificationQuery(**asked)).items
        assert [each.accession for each in items] == [wanted.accession]


def test_frozen_form_is_the_latest_or_the_one_named(session: Session) -> None:
    for version in (1, 2):
        make_entry_version(session, "AHF-000777", version=version, note=f"version {version}")
    assert get_entry_version(session, Accession.parse("AHF-000777")).version == 2
    assert get_entry_version(session, Accession.parse("AHF-000777.v1")).version == 1
    with pytest.raises(NotFoundError) as raised:
        get_entry_version(session, Accession.parse("AHF-000777.v3"))
    assert raised.value.near == ["AHF-000777.v1", "AHF-000777.v2"]


def test_counts_leave_out_what_was_withdrawn(session: Session) -> None:
    finding = make_finding(session)
    make_finding(session, status=Status.WITHDRAWN, withdrawn_reason="misread")
    make_verification(session, finding=finding, verdict=Verdict.ERROR)
    make_verification(session, finding=finding, verdict=Verdict.REPRODUCED)
    counts = get_counts(session)
    assert (counts.findings, counts.findings_verified, counts.verifications) == (1, 1, 2)
    assert counts.verdicts == {Verdict.REPRODUCED: 1}


def test_counts_of_the_shipped_records(seeded_session: Session) -> None:
    counts = get_counts(seeded_session)
    assert (counts.head_score_tables, counts.head_scores) == (215, 244_485)
    assert counts.findings > 3_000
    assert len(counts.head_types_by_stage) == 4
    assert all(n > 0 for n in counts.head_types_by_stage.values())
