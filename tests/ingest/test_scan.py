import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from catalog.canonical import canonical_json
from catalog.notation import HeadRef
from ingest import prompt_pass
from ingest.engine.choose import measure
from ingest.errors import IngestError, PromptError
from ingest.loaded_model import LoadedModel
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import NOT_FINITE, ScanOptions, ScanResult
from tests.ingest.tiny_models import make_tiny

NAMES = ("attention_sink", "duplicate_token", "induction", "positional", "previous_token")

QUICK = ScanOptions(n_prompts=8, length=40)


@cache
def tiny() -> LoadedModel:
    return make_tiny("llama")


@cache
def scanned() -> ScanResult:
    return scan(tiny(), select(NAMES), QUICK)


def test_a_scan_is_the_same_twice() -> None:
    again = scan(tiny(), select(NAMES), QUICK)
    first, second = scan_record(scanned()), scan_record(again)
    assert first["detectors"] == second["detectors"]
    assert first["provenance"]["detectors"] == second["provenance"]["detectors"]


def test_a_detector_scores_alone_what_it_scores_among_others() -> None:
    alone = scan(tiny(), select(["induction"]), QUICK).detectors[0]
    among = next(each for each in scanned().detectors if each.detector.name == "induction")
    assert alone.scores is not None
    assert among.scores is not None
    assert np.allclose(alone.scores.score, among.scores.score, atol=1e-6)
    assert alone.scores.statistics is not None
    assert among.scores.statistics is not None
    assert np.allclose(alone.scores.statistics.ci_low, among.scores.statistics.ci_low, atol=1e-6)


def test_the_batch_size_changes_no_score() -> None:
    one_by_one = scan(tiny(), select(NAMES), replace(QUICK, batch_size=1))
    for left, right in zip(one_by_one.detectors, scanned().detectors, strict=True):
        assert left.scores is not None
        assert right.scores is not None
        assert np.allclose(left.scores.score, right.scores.score, atol=1e-5)


def test_the_record_has_the_shape_that_was_promised() -> None:
    record = scan_record(scanned())
    assert list(record) == ["language_model", "detectors", "provenance", "seconds"]
    assert record["language_model"] == {
        "id": "tiny/llama",
        "revision": tiny().revision,
        "n_layers": 2,
        "n_heads": 4,
        "n_kv_heads": 2,
        "attention_layers": [0, 1],
        "is_causal": True,
    }
    for each in record["detectors"]:
        assert list(each) == [
            "name", "version", "tier", "metric", "scores", "chance", "chance_by_head", "ci_low", "ci_high",
            "p_adjusted", "effect", "definitions", "positive", "gate",
        ]  # fmt: skip
        for name in ("scores", "ci_low", "ci_high", "p_adjusted"):
            assert np.array(each[name], dtype=float).shape == (2, 4)
        assert (each["effect"], each["gate"]) == (None, None)
        assert np.all(np.array(each["ci_low"]) <= np.array(each["scores"]))
        assert np.all(np.array(each["scores"]) <= np.array(each["ci_high"]))
    assert json.loads(canonical_json(record)) == json.loads(json.dumps(record))


def test_the_record_says_where_its_numbers_came_from() -> None:
    provenance = scan_record(scan(tiny(), select(["induction"]), QUICK, arguments={"model": "x"}))["provenance"]
    assert provenance["arguments"] == {"model": "x"}
    assert provenance["weights_sha256"] == tiny().weights_sha256
    assert len(provenance["code_sha256"]) == 64
    assert provenance["seed"] == 0
    assert provenance["versions"]["torch"] == torch.__version__
    assert provenance["machine"]["device"] == "cpu"
    assert provenance["machine"]["softmax_dtype"] == "float32"
    assert provenance["attention_path"] == "streaming_fused"
    assert provenance["liveness"]["is_live"]
    assert provenance["prompts"]["repeated_random_tokens"]["n_prompts"] == 8


def test_without_statistics_only_scores_and_chance_are_computed() -> None:
    bare = scan(tiny(), select(NAMES), replace(QUICK, with_statistics=False))
    full = {each["name"]: each for each in scan_record(scanned())["detectors"]}
    for each in scan_record(bare)["detectors"]:
        assert each["scores"] == pytest.approx(np.array(full[each["name"]]["scores"]), abs=1e-6)
        assert each["chance"] == full[each["name"]]["chance"]
        assert [each[name] for name in ("ci_low", "ci_high", "p_adjusted", "positive")] == [None] * 4


def test_chance_is_what_a_uniform_head_scores() -> None:
    # W_Q of zero attends to everything alike.
    loaded = make_tiny("llama", seed=5)
    with torch.no_grad():
        for layer in loaded.model.base_model.layers:
            layer.self_attn.q_proj.weight.zero_()
    for each in scan(loaded, select(NAMES), QUICK).detectors:
        assert each.scores is not None
        assert np.allclose(each.scores.score, each.scores.chance, atol=1e-6)


def test_prompts_longer_than_the_context_are_refused_with_both_numbers() -> None:
    with pytest.raises(PromptError, match=r"641 tokens do not fit.* 640 tokens"):
        scan(tiny(), select(["induction"]), ScanOptions(length=641))


def test_too_few_prompts_for_an_interval_are_refused() -> None:
    with pytest.raises(PromptError, match=r"at least 4.*--no-statistics"):
        scan(tiny(), select(["induction"]), ScanOptions(n_prompts=3))


def test_few_prompts_say_that_no_head_can_be_significant() -> None:
    result = scan(tiny(), select(["positional"]), ScanOptions(n_prompts=4, length=40))
    assert any("cannot reach significance" in note for note in result.provenance["notes"])


def test_prompts_too_short_for_a_detector_leave_it_out_with_the_reason() -> None:
    result = scan(tiny(), select(["positional", "previous_token"]), ScanOptions(n_prompts=8, length=9))
    by_name = {each["name"]: each for each in scan_record(result)["detectors"]}
    assert by_name["positional"]["scores"] is None
    assert by_name["previous_token"]["scores"] is not None
    reasons = scan_record(result)["provenance"]["detectors"]["positional"]["absent"]
    assert "too short for offset 8" in reasons["all"]


def test_logits_that_are_not_finite_leave_scores_out_and_are_failures() -> None:
    loaded = make_tiny("llama", seed=6)
    with torch.no_grad():
        loaded.model.base_model.layers[0].self_attn.q_proj.weight.fill_(float("nan"))
    result = scan(loaded, select(["induction"]), QUICK)
    assert scan_record(result)["detectors"][0]["scores"] is None
    record = result.head_record(result.detectors[0], HeadRef(0, 0))
    assert record.is_failure
    assert record.score is None
    assert record.score_absent_reason is not None
    assert "not finite" in record.score_absent_reason


def test_one_head_that_is_not_finite_leaves_the_others_their_scores() -> None:
    result = scanned()
    first = result.detectors[0]
    assert first.scores is not None
    broken = first.scores.score.copy()
    broken[1, 2] = np.nan
    spoilt = replace(first, scores=replace(first.scores, score=broken))
    record = scan_record(replace(result, detectors=[spoilt]))
    assert record["detectors"][0]["scores"][1][2] is None
    assert record["detectors"][0]["scores"][1][1] is not None
    assert record["provenance"]["detectors"][spoilt.detector.name]["absent"] == {"L1H2": NOT_FINITE}


def test_out_of_memory_halves_the_batch_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def cramped(loaded: LoadedModel, batch: object, targets: object, *, batch_size: int, **others: Any) -> object:
        if batch_size > 2:
            raise torch.OutOfMemoryError("out of memory")
        return measure(loaded, batch, targets, batch_size=batch_size, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(prompt_pass, "measure", cramped)
    result = scan(tiny(), select(["induction"]), replace(QUICK, batch_size=8))
    assert result.provenance["batch_size_used"] == 2
    assert "Out of memory with 8 prompts at a time; 2 were used." in result.provenance["notes"]


def test_not_even_one_prompt_that_fits_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")

    monkeypatch.setattr(prompt_pass, "measure", full)
    with pytest.raises(IngestError, match=r"single prompt of 41 tokens.*--length"):
        scan(tiny(), select(["previous_token"]), ScanOptions(n_prompts=8, length=41))
