"""Detectors on language models whose heads are known by construction: all planted heads, and nothing else."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from catalog.vocabulary import Verdict
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import CALIBRATION_PLAN, DEFAULT_PLAN, Plan
from ingest.planted.planted_model import PlantedModel, Scheme
from ingest.planted.tokenizer import planted_tokenizer
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verdict import judge

OPPOSED: Plan = (
    ("previous_token", "duplicate_token", "attention_sink", "uniform"),
    ("induction", "anti_induction", "positional", "current_token"),
)
NAMES = ("attention_sink", "duplicate_token", "induction", "positional", "previous_token")


def load(planted: PlantedModel) -> LoadedModel:
    return wrap_language_model(
        planted.model, planted_tokenizer(), hub_id="planted", revision="sha256:0", weights_sha256="0" * 64
    )


@cache
def scanned(scheme: Scheme, seed: int, plan: Plan = DEFAULT_PLAN) -> tuple[PlantedModel, ScanResult]:
    planted = build_planted(scheme, seed=seed, plan=plan)
    return planted, scan(load(planted), select(NAMES), ScanOptions(seed=seed))


def found(result: ScanResult, head_type: str) -> set[HeadRef]:
    each = next(each for each in result.detectors if each.detector.name == head_type)
    return set(result.positive(each) or ())


every_model = pytest.mark.parametrize(("scheme", "seed"), [(s, n) for s in ("gpt2", "llama") for n in (0, 1, 2)])


@every_model
@pytest.mark.parametrize("head_type", ["duplicate_token", "induction", "positional", "previous_token"])
def test_exactly_the_planted_heads_are_found(scheme: Scheme, seed: int, head_type: str) -> None:
    planted, result = scanned(scheme, seed)
    assert found(result, head_type) == planted.of_type(head_type) != set()


@every_model
def test_sinks_are_the_planted_one_and_heads_that_rest_on_bos(scheme: Scheme, seed: int) -> None:
    planted, result = scanned(scheme, seed)
    silent = {head for head, kind in planted.kinds.items() if kind.writes is None}
    resting = planted.excused("attention_sink")
    assert found(result, "attention_sink") == planted.of_type("attention_sink") | (resting - silent)


@every_model
def test_a_perfect_pattern_that_writes_nothing_is_not_found(scheme: Scheme, seed: int) -> None:
    planted, result = scanned(scheme, seed)
    (silent,) = (head for head, kind in planted.kinds.items() if kind.name == "silent_induction")
    induction = next(each for each in result.detectors if each.detector.name == "induction")
    record = result.head_record(induction, silent)
    assert record.score is not None
    assert record.score > 0.9
    assert record.output_share == 0
    assert judge(record).verdict is Verdict.NOT_REPRODUCED


@every_model
def test_only_the_head_that_writes_has_an_effect_and_the_pattern_alone_has_none(scheme: Scheme, seed: int) -> None:
    planted, result = scanned(scheme, seed)
    record = next(each for each in scan_record(result)["detectors"] if each["name"] == "induction")
    (silent,) = (head for head, kind in planted.kinds.items() if kind.name == "silent_induction")
    (writes,) = planted.of_type("induction")
    # Nothing else writes where W_U reads: without it the behaviour is gone, by either kind of ablation.
    assert record["effect"][writes.layer][writes.head] == pytest.approx(1, abs=0.02)
    assert abs(record["effect"][silent.layer][silent.head]) < 0.02
    induction = next(each for each in result.detectors if each.detector.name == "induction")
    assert judge(result.head_record(induction, writes)).grade == 3
    # Heads whose type names no behaviour have none.
    assert next(each for each in scan_record(result)["detectors"] if each["name"] == "positional")["effect"] is None


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_a_head_that_works_against_copies_has_a_negative_effect_and_is_of_its_type_with_cause(scheme: Scheme) -> None:
    planted = build_planted(scheme, seed=0, plan=OPPOSED)
    result = scan(load(planted), select(["induction", "anti_induction"]), ScanOptions(length=61))
    (against,) = planted.of_type("anti_induction")
    (writes,) = planted.of_type("induction")
    induction, anti_induction = result.detectors
    assert result.positive(anti_induction) == [against]
    for each in scan_record(result)["detectors"]:
        # They write 1 and −0.3 times the same.
        assert each["effect"][against.layer][against.head] == pytest.approx(-0.3 / 0.7, abs=0.02)
        assert each["effect"][writes.layer][writes.head] == pytest.approx(1 / 0.7, abs=0.02)
    assert judge(result.head_record(anti_induction, against)).grade == 3
    assert judge(result.head_record(induction, writes)).grade == 3
    # By its pattern it is an induction head; what it does says that it is none that serves.
    pattern_alone = judge(result.head_record(induction, against))
    assert (pattern_alone.verdict, pattern_alone.grade) == (Verdict.REPRODUCED, 2)


@every_model
def test_the_offset_of_a_positional_head_is_the_planted_one(scheme: Scheme, seed: int) -> None:
    planted, result = scanned(scheme, seed)
    positional = next(each for each in result.detectors if each.detector.name == "positional")
    assert positional.scores is not None
    assert positional.scores.reading is not None
    for head in planted.of_type("positional"):
        assert positional.scores.reading[head.layer][head.head] == f"offset_{planted.offsets[head]}"


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_a_weak_head_meets_our_rule_and_not_the_published_line(scheme: Scheme) -> None:
    # Mass 0.3 by construction: above our least excess of 0.2, below the line of 0.4.
    planted, result = scanned(scheme, 0, CALIBRATION_PLAN)
    (weak,) = (head for head, kind in planted.kinds.items() if kind.name == "weak_previous_token")
    previous = next(each for each in result.detectors if each.detector.name == "previous_token")
    record = result.head_record(previous, weak)
    assert record.score == pytest.approx(0.3, abs=0.03)
    assert judge(record).verdict is Verdict.PARTIALLY_REPRODUCED


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_another_seed_finds_the_same_heads(scheme: Scheme) -> None:
    planted, result = scanned(scheme, 0)
    again = scan(load(planted), [each.detector for each in result.detectors], ScanOptions(seed=77))
    assert [again.positive(each) for each in again.detectors] == [result.positive(each) for each in result.detectors]
    assert again.provenance["prompts_sha256"] != result.provenance["prompts_sha256"]
