"""Detectors of cause in a scan: gate, absence, statistics, checkpoints, and what is written down."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from catalog.vocabulary import Polarity, Verdict
from ingest.checkpoint import open_checkpoint, pack_results, unpack_results
from ingest.detector import Detector
from ingest.evidence import Evidence
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.registry import load_detectors, select
from ingest.scan import scan, vocabulary_of
from ingest.scan_record import scan_record
from ingest.scan_result import DetectorResult, ScanOptions, ScanResult
from ingest.task_pass import gate_of
from ingest.tasks.indirect_object import indirect_object
from ingest.verdict import judge
from tests.ingest.indirect_object_model import HEADS, make_indirect_object_model, result_of, scanned
from tests.ingest.tiny_models import make_tiny

NAME_MOVER = select(["name_mover"])
OPTIONS = ScanOptions(n_prompts=16, with_definitions=False)
BARE = ScanOptions(n_prompts=16, with_statistics=False)


def unable() -> LoadedModel:
    """The same language model with its last two layers silenced: nobody writes a name."""
    loaded = make_indirect_object_model()
    model = type(loaded.model)(loaded.model.config).eval()
    model.load_state_dict(loaded.model.state_dict())
    with torch.no_grad():
        for block in model.transformer.h[2:]:
            block.attn.c_proj.weight.zero_()
    return replace(loaded, model=model)


def test_a_language_model_that_cannot_do_the_task_ends_as_not_applicable_with_the_numbers() -> None:
    result = scan(unable(), NAME_MOVER, OPTIONS)
    (each,) = result.detectors
    assert each.scores is None
    assert each.gate is not None
    assert (each.gate.passed, each.gate.value, each.gate.required) == (False, 0.0, 0.75)
    assert each.absent_reason == (
        "The language model does not do the task indirect object: accuracy on indirect object is 0, and 0.75 is needed."
    )
    found = judge(result.head_record(each, HEADS["name_mover"]))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.reasons == ["The behaviour is not there: accuracy on indirect_object is 0, 0.75 is needed."]
    record = scan_record(result)["detectors"][0]
    assert record["scores"] is None
    assert record["positive"] == []
    assert record["gate"] == {
        "passed": False,
        "metric": "accuracy on indirect_object",
        "value": 0.0,
        "required": 0.75,
    }


def test_words_that_change_nothing_fail_the_gate() -> None:
    loaded = make_indirect_object_model()
    batch = indirect_object.make(vocabulary_of(loaded), 16, 32, 0)
    run = TaskRun(loaded, replace(batch, corrupted=batch.tokens), indirect_object)
    gate = gate_of(run)
    assert not gate.passed
    assert "clean minus corrupted" in gate.metric
    assert gate_of(TaskRun(loaded, batch, indirect_object)).passed


@pytest.mark.parametrize(("family", "why"), [("llama", "tokenizer"), ("bert", "tokenizer")])
def test_a_language_model_without_words_has_no_scores_and_says_why(family: str, why: str) -> None:
    (each,) = scan(make_tiny(family), NAME_MOVER, OPTIONS).detectors
    assert each.scores is None
    assert not each.is_failure
    assert each.gate is None
    assert why in (each.absent_reason or "")


def test_a_context_too_short_for_the_sentences_is_no_failure() -> None:
    loaded = replace(make_indirect_object_model(), context_length=8)
    (each,) = scan(loaded, NAME_MOVER, replace(OPTIONS, length=8)).detectors
    assert each.scores is None
    assert not each.is_failure
    assert "room" in (each.absent_reason or "")


def test_without_statistics_there_are_scores_and_no_effects() -> None:
    (each,) = scan(make_indirect_object_model(), NAME_MOVER, BARE).detectors
    assert each.scores is not None
    assert each.scores.statistics is None
    assert each.arm is None
    assert each.effect is None
    assert each.scores.score[HEADS["name_mover"].layer, HEADS["name_mover"].head] > 1


def test_without_ablation_the_score_stands_alone() -> None:
    detectors = select(["name_mover", "induction"])
    for each in scan(make_indirect_object_model(), detectors, replace(OPTIONS, with_ablation=False)).detectors:
        assert each.arm is None
        assert (each.effect is None) == (each.detector.name == "induction")


def test_ablation_stands_beside_the_score_and_says_something_else() -> None:
    # The name mover's direct effect is more than all; the language model loses less, for the backup takes over.
    result = result_of("name_mover")
    place = (HEADS["name_mover"].layer, HEADS["name_mover"].head)
    assert result.arm is not None
    assert result.arm.effect is not None
    assert 0.3 < result.arm.effect[place] < 0.6
    assert result.arm.n_prompts == 32
    # An S-inhibition head has no direct effect, and the task cannot do without it.
    inhibition = (HEADS["s_inhibition"].layer, HEADS["s_inhibition"].head)
    assert result.arm.effect[inhibition] > 0.7


def test_a_claim_that_a_head_is_not_of_the_type_is_judged_by_the_same_effect() -> None:
    result = result_of("name_mover")
    for head, verdict in ((HEADS["name_mover"], Verdict.NOT_REPRODUCED), (HEADS["s_inhibition"], Verdict.REPRODUCED)):
        found = judge(scanned().head_record(result, head, Polarity.IS_NOT))
        assert found.verdict is verdict
        assert found.grade == (2 if verdict is Verdict.REPRODUCED else 0)


def test_json_holds_effect_cause_and_arm() -> None:
    record = json.loads(json.dumps(scan_record(scanned())))
    mover = record["detectors"][0]
    assert mover["chance"] == 0
    assert np.array(mover["effect"]).shape == (4, 4)
    details = record["provenance"]["detectors"]["name_mover"]
    assert details["cause"]["n_templates"] == 8
    assert details["causal_arm"]["behaviour"] == "indirect_object"
    assert details["causal_arm"]["resample_ablation"]["effect"] != details["causal_arm"]["mean_ablation"]["effect"]
    assert record["provenance"]["prompts"]["indirect_object"]["n_prompts"] == 32


def test_results_come_back_from_a_checkpoint_to_the_last_bit() -> None:
    results = [result_of("name_mover")]
    arrays, plain = pack_results(results)
    (again,) = unpack_results(arrays, json.loads(json.dumps(plain)), [results[0].detector])
    assert again.arm is not None
    assert results[0].arm is not None
    assert again.effect is not None
    assert results[0].effect is not None
    for name in ("effect", "low", "p", "least_template", "has_one_sign"):
        assert np.array_equal(getattr(again.effect, name), getattr(results[0].effect, name))
        assert np.array_equal(getattr(again.arm.resample, name), getattr(results[0].arm.resample, name))
    assert again.gate == results[0].gate


def test_a_scan_that_goes_on_intervenes_no_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = make_indirect_object_model()
    detectors = select(["name_mover", "induction"])

    def once() -> dict:
        checkpoint = open_checkpoint(tmp_path, loaded, detectors, OPTIONS, lambda line: None)
        record = scan_record(scan(loaded, detectors, OPTIONS, checkpoint=checkpoint))
        return json.loads(json.dumps(record["detectors"]))

    first = once()

    def never(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("ingest.task_pass.TaskRun", never)
    assert once() == first


def test_every_detector_of_cause_names_a_task_and_a_least_share() -> None:
    of_cause = [each for each in load_detectors().values() if each.evidence is Evidence.CAUSAL]
    assert {"name_mover", "negative_name_mover", "backup_name_mover", "s_inhibition"} <= {
        each.name for each in of_cause
    }
    for each in of_cause:
        assert each.task is not None
        assert 0 < each.min_effect <= 0.5
        assert each.behaviour is None


def test_other_detectors_have_no_task() -> None:
    def task_of(detector: Detector) -> object:
        return detector.task

    assert all(task_of(each) is None for each in load_detectors().values() if each.evidence is not Evidence.CAUSAL)


def test_every_primary_detector_has_a_task_a_behaviour_or_says_why_not() -> None:
    for each in load_detectors().values():
        stated = [each.task, each.behaviour, each.no_behaviour]
        assert sum(one is not None for one in stated) == 1, each.name
        assert each.no_behaviour is None or each.no_behaviour.startswith("No causal arm: "), each.name


def test_a_score_of_attention_has_the_effects_of_its_task_and_shares_them_with_detectors_of_the_task() -> None:
    loaded = make_indirect_object_model()
    alone = result_of_type(scan(loaded, select(["duplicate_token"]), OPTIONS), "duplicate_token")
    shared = result_of_type(scan(loaded, select(["name_mover", "duplicate_token"]), OPTIONS), "duplicate_token")
    assert alone.arm is not None
    assert shared.arm is not None
    assert alone.arm.behaviour == shared.arm.behaviour == "indirect_object"
    assert alone.arm.mean is not None
    assert alone.arm.mean.n_templates == 8
    assert alone.arm.effect == pytest.approx(shared.arm.effect, abs=1e-6)
    # Effects are those of the task, whatever the type: the name mover carries part of it, and backups the rest.
    head = HEADS["name_mover"]
    assert alone.arm.mean.low[head.layer, head.head] > 0.05


def test_an_arm_of_a_task_that_is_not_done_is_absent_with_the_gate_s_numbers() -> None:
    loaded = make_indirect_object_model()
    found = result_of_type(scan(loaded, select(["successor"]), OPTIONS), "successor")
    assert found.arm is not None
    assert found.arm.mean is None
    assert found.arm.absent_reason


def result_of_type(result: ScanResult, name: str) -> DetectorResult:
    return next(each for each in result.detectors if each.detector.name == name)
