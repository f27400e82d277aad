"""From a claim in the catalog to a verdict beside it, on SQLite and on PostgreSQL."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.errors import InvalidNotationError, NotFoundError
from catalog.models import (
    Detector,
    EntryVersion,
    Finding,
    HeadScore,
    HeadScoreTable,
    LanguageModel,
    ScanRun,
    Verification,
)
from catalog.notation import HeadRef
from catalog.queries.reverification import claims, claims_by_accession
from catalog.vocabulary import Polarity, Unit, Verdict
from ingest.errors import LanguageModelError
from ingest.frozen_form import frozen_text
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.local_models import ModelShelf, check_agrees
from ingest.measured import judge_again
from ingest.planted.build import save_planted
from ingest.registry import select as select_detectors
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verify import Verified, groups_of, plan, record_verifications
from tests.factories.finding import make_finding

LLAMA = "headcat/planted-llama"
NAMES = ("attention_sink", "duplicate_token", "induction", "positional", "previous_token")
DETECTORS = {each.name: each for each in select_detectors(NAMES)}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the planted Llama stands."""
    folder = tmp_path_factory.mktemp("data")
    save_planted(folder / "models" / "planted-llama", "llama")
    return folder


@cache
def loaded_from(folder: Path) -> LoadedModel:
    return replace(load_language_model(str(folder), device="cpu"), hub_id=LLAMA)


@cache
def scanned(folder: Path) -> ScanResult:
    return scan(loaded_from(folder), list(DETECTORS.values()), ScanOptions(n_prompts=16), arguments={"all": True})


def verify(session: Session, data: Path) -> list[Verified]:
    wanted = claims(session, language_model=LLAMA)
    todo = plan(wanted, DETECTORS, ModelShelf([], data=data))
    ((row, folder, group),) = todo.by_language_model
    assert folder is not None
    return record_verifications(session, scanned(folder), row, group)


def test_claims_true_by_construction_are_reproduced_and_the_false_one_is_not(
    seeded_session: Session, data: Path
) -> None:
    verdicts = {
        (
            each.rerun.claim.head_type.slug,
            each.rerun.claim.head_name,
            each.rerun.claim.polarity,
        ): each.verification.verdict
        for each in verify(seeded_session, data)
        if each.rerun.claim.head_type
    }
    assert verdicts.pop(("induction", "L1H3", Polarity.IS)) is Verdict.NOT_REPRODUCED
    assert len(verdicts) == 12
    assert set(verdicts.values()) == {Verdict.REPRODUCED}


def test_only_a_head_with_an_effect_reaches_grade_3(seeded_session: Session, data: Path) -> None:
    grades = {
        (each.rerun.claim.head_type.slug, each.rerun.claim.polarity): (
            each.verification.grade,
            each.verification.reasons,
        )
        for each in verify(seeded_session, data)
        if each.rerun.claim.head_type and each.verification.verdict is Verdict.REPRODUCED
    }
    grade, reasons = grades["induction", Polarity.IS]
    assert grade == 3
    assert any(reason.startswith("Causal rule met: effect on copy continuation") for reason in reasons)
    assert reasons[-1].startswith("Grade 3: ")
    # Without the previous-token head no induction head finds its key.
    assert grades["previous_token", Polarity.IS][0] == 3
    grade, reasons = grades["positional", Polarity.IS]
    assert grade == 2
    assert reasons[-1].startswith("Grade 2: reproduced with controls. Grade 3 asks for a cause. No causal arm: ")


def test_heads_that_are_claimed_together_are_judged_by_their_joint_effect(seeded_session: Session, data: Path) -> None:
    induction = next(each for each in claims(seeded_session, language_model=LLAMA) if each.head_name == "L1H0")
    assert induction.head_type is not None
    together = make_finding(
        seeded_session,
        language_model=induction.language_model,
        head_type=induction.head_type,
        unit=Unit.HEAD_GROUP,
        group_heads="L1H0+L1H3",
        layer=1,
        head=0,
    )
    wanted = claims_by_accession(seeded_session, [induction.accession, together.accession])
    ((row, folder, group),) = plan(wanted, DETECTORS, ModelShelf([], data=data)).by_language_model
    assert folder is not None
    assert groups_of(group) == {"induction": [(HeadRef(1, 0), HeadRef(1, 3))]}
    detectors = [DETECTORS["induction"]]
    result = scan(loaded_from(folder), detectors, ScanOptions(n_prompts=16), groups=groups_of(group))
    alone, joint = record_verifications(seeded_session, result, row, group)
    assert alone.verification.score != joint.verification.score
    assert joint.verification.score == pytest.approx(1, abs=0.05)
    record = joint.verification.record
    assert record["finding"]["head"] == "L1H0+L1H3"
    assert record["detector"]["metric"] == "joint_ablation_effect"
    assert joint.verification.null_rule == record["null_rule"] != alone.verification.null_rule
    assert len(record["random_groups"]) == record["measured"]["cause"]["group"]["n_groups"] > 0
    assert joint.verification.published_rule is None
    assert judge_again(record).verdict == joint.verification.verdict
    assert judge_again(record).reasons == joint.verification.reasons


def test_heads_together_need_something_that_they_serve(seeded_session: Session, data: Path) -> None:
    sink = next(
        each for each in claims(seeded_session, language_model=LLAMA) if each.head_type.slug == "attention_sink"
    )  # type: ignore[union-attr]
    made = make_finding(
        seeded_session,
        language_model=sink.language_model,
        head_type=sink.head_type,
        unit=Unit.HEAD_GROUP,
        group_heads="L1H0+L1H3",
    )
    found = plan(claims_by_accession(seeded_session, [made.accession]), DETECTORS, ModelShelf([], data=data))
    assert found.by_language_model == []
    assert list(found.set_aside) == ["claimed of several heads together, and nothing is known that they serve"]


def test_a_verdict_can_be_judged_again_from_its_frozen_record(seeded_session: Session, data: Path) -> None:
    for each in verify(seeded_session, data):
        seeded_session.expire(each.verification)
        stored = seeded_session.get_one(Verification, each.verification.id)
        again = judge_again(stored.record)
        assert again.verdict == stored.verdict
        assert (again.published_rule_met, again.null_rule_met) == (stored.published_rule_met, stored.null_rule_met)
        assert (again.reasons, again.grade) == (stored.reasons, stored.grade)
        assert stored.record_sha256 == sha256_of(frozen_text(stored.record))
        frozen = seeded_session.scalars(select(EntryVersion).where(EntryVersion.accession == stored.accession)).one()
        assert json.loads(frozen.content) == stored.record
        assert frozen.content_sha256 == stored.record_sha256


def test_the_run_its_scores_and_its_detectors_are_stored(seeded_session: Session, data: Path) -> None:
    before = seeded_session.scalar(select(func.count()).select_from(ScanRun)) or 0
    each = verify(seeded_session, data)[0]
    assert seeded_session.scalar(select(func.count()).select_from(ScanRun)) == before + 1
    run = seeded_session.get_one(ScanRun, each.verification.scan_run_id)
    assert run.weights_sha256 == loaded_from(data / "models" / "planted-llama").weights_sha256
    assert run.arguments == {"all": True}
    assert run.provenance["code_sha256"] == run.code_sha256
    tables = seeded_session.scalars(select(HeadScoreTable).where(HeadScoreTable.scan_run_id == run.id)).all()
    n_definitions = sum(len(each.definitions) for each in scanned(data / "models" / "planted-llama").detectors)
    assert len(tables) == len(DETECTORS) + n_definitions
    for table in tables:
        assert table.is_complete
        assert table.n_rows == 12
        rows = seeded_session.scalars(select(HeadScore).where(HeadScore.table_id == table.id)).all()
        assert len(rows) == 12
        assert all(row.details and row.details["ci_low"] <= row.score <= row.details["ci_high"] for row in rows)
    detector = seeded_session.get_one(Detector, each.verification.detector_id)
    assert detector.slug == each.rerun.found.detector.name


def test_a_second_run_adds_verifications_and_changes_none(seeded_session: Session, data: Path) -> None:
    first = verify(seeded_session, data)
    records = [each.verification.record_sha256 for each in first]
    second = verify(seeded_session, data)
    assert [each.verification.record_sha256 for each in first] == records
    accessions = [each.verification.accession for each in [*first, *second]]
    numbers = [int(accession.removeprefix("AHV-")) for accession in accessions]
    assert numbers == list(range(numbers[0], numbers[0] + 26))
    assert seeded_session.scalar(select(func.count()).select_from(Detector)) == len(DETECTORS)


def test_claims_that_cannot_be_verified_are_counted_with_the_reason(seeded_session: Session, data: Path) -> None:
    todo = plan(claims(seeded_session), DETECTORS, ModelShelf([], data=data))
    built_or_shipped = {LLAMA, "headcat/planted-gpt2", "headcat/reference", "headcat/attention-only"} | {
        "headcat/attention-only-rotary"
    }
    assert {row.hub_id for row, _, _ in todo.by_language_model} == built_or_shipped
    n_planned = sum(len(group) for _, _, group in todo.by_language_model)
    assert set(todo.set_aside) == {
        "no detector for the head type",
        "a role in a circuit, not a head type",
        "language model not on this machine",
    }
    assert n_planned + todo.set_aside.total() == len(claims(seeded_session))


def test_a_claim_about_a_key_value_group_is_not_tested_as_a_query_head(seeded_session: Session, data: Path) -> None:
    claim = claims_by_accession(seeded_session, ["AHF-900001"])[0]
    claim.unit = Unit.KV_GROUP
    todo = plan([claim], DETECTORS, ModelShelf([], data=data))
    assert list(todo.set_aside) == ["claimed of a key-value group, and the detectors score query heads"]
    seeded_session.expire(claim)


def test_a_measured_language_model_always_has_a_revision(seeded_session: Session, data: Path) -> None:
    # A source that names no revision claims of `gpt2`; what we measure is one revision of it, and gets its own row.
    row = seeded_session.scalars(select(LanguageModel).where(LanguageModel.hub_id == "openai-community/gpt2")).one()
    claim = seeded_session.scalars(
        select(Finding).where(Finding.language_model_id == row.id, Finding.head_type_id.is_not(None)).limit(1)
    ).one()
    claim = claims_by_accession(seeded_session, [claim.accession])[0]
    if claim.head_type is None or claim.head_type.slug not in DETECTORS or claim.layer > 2 or claim.head > 3:
        claim = next(
            each
            for each in claims(seeded_session, language_model="openai-community/gpt2")
            if each.head_type and each.head_type.slug in DETECTORS and each.layer <= 2 and each.head <= 3
        )
    verified = record_verifications(seeded_session, scanned(data / "models" / "planted-llama"), row, [claim])
    run = seeded_session.get_one(ScanRun, verified[0].verification.scan_run_id)
    measured_on = seeded_session.get_one(LanguageModel, run.language_model_id)
    assert measured_on.id != row.id
    assert measured_on.hub_id == "openai-community/gpt2"
    assert measured_on.slug == f"openai-community--gpt2@{measured_on.revision.removeprefix('sha256:')[:12]}"
    assert claim.language_model_id == row.id


def test_another_shape_is_refused_with_both_numbers(data: Path) -> None:
    row = LanguageModel(hub_id="lab/other", revision="unspecified", n_layers=12, n_heads=12, n_kv_heads=None)
    with pytest.raises(LanguageModelError, match=r"n_layers is 3, not 12; n_heads is 4, not 12"):
        check_agrees(loaded_from(data / "models" / "planted-llama"), row)


def test_other_weights_of_the_same_shape_are_refused(data: Path) -> None:
    row = LanguageModel(hub_id="lab/other", revision="sha256:" + "0" * 64, n_layers=3, n_heads=4, n_kv_heads=2)
    with pytest.raises(LanguageModelError, match=r"hash to .*and the catalog's lab/other to 000000000000"):
        check_agrees(loaded_from(data / "models" / "planted-llama"), row)


def test_the_planted_language_models_of_the_records_are_those_that_this_program_builds(
    seeded_session: Session, tmp_path: Path
) -> None:
    shelf = ModelShelf([], data=tmp_path)
    rows = seeded_session.scalars(select(LanguageModel).where(LanguageModel.family == "Planted")).all()
    assert len(rows) == 2
    for row in rows:
        folder = shelf.find(row)
        assert folder is not None
        check_agrees(load_language_model(str(folder), device="cpu"), row)


def test_weights_are_found_by_their_hash_whatever_the_folder_is_called(data: Path, tmp_path: Path) -> None:
    (tmp_path / "somewhere").symlink_to(data / "models" / "planted-llama")
    digest = loaded_from(data / "models" / "planted-llama").weights_sha256
    row = LanguageModel(hub_id="lab/thing", revision=f"sha256:{digest}")
    assert ModelShelf([tmp_path]).find(row) == tmp_path / "somewhere"
    assert ModelShelf([tmp_path]).find(LanguageModel(hub_id="lab/thing", revision="sha256:" + "1" * 64)) is None
    assert ModelShelf([tmp_path]).find(LanguageModel(hub_id="lab/somewhere", revision="unspecified")) is not None
    assert ModelShelf([tmp_path]).find(LanguageModel(hub_id="lab/elsewhere", revision="unspecified")) is None


def test_an_unknown_accession_lists_its_neighbours(seeded_session: Session) -> None:
    with pytest.raises(NotFoundError, match="AHF-900031"):
        claims_by_accession(seeded_session, ["AHF-900032"])
    with pytest.raises(InvalidNotationError):
        claims_by_accession(seeded_session, ["AHT-0001"])
