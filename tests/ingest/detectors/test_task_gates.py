"""Every detector of a task on a language model that learned nothing: the gate ends it, with numbers."""

import random
from dataclasses import replace
from functools import cache

import pytest

from catalog.notation import HeadRef
from catalog.vocabulary import Verdict
from ingest.detector import Detector
from ingest.evidence import Evidence
from ingest.registry import load_detectors
from ingest.scan import scan
from ingest.scan_result import DetectorResult, ScanOptions, ScanResult
from ingest.tasks.all_tasks import load_tasks
from ingest.verdict import judge
from tests.ingest.tiny_models import make_tiny
from tests.ingest.word_tokenizer import word_tokenizer

DETECTORS = {name: each for name, each in load_detectors().items() if each.evidence is Evidence.CAUSAL}
_N_SENTENCES = 400
every_detector = pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)


@cache
def scanned() -> ScanResult:
    """All of them on random weights, with a token for each word of the tasks."""
    generator = random.Random(0)
    of_task = {task.sentences: task for task in load_tasks().values()}
    tokenizer = word_tokenizer(sentences(generator) for sentences in of_task for _ in range(_N_SENTENCES))
    loaded = replace(make_tiny("gpt2", vocab_size=len(tokenizer)), tokenizer=tokenizer)
    options = ScanOptions(n_prompts=16, with_statistics=False, with_definitions=False)
    return scan(replace(loaded, special_ids=frozenset(tokenizer.all_special_ids)), list(DETECTORS.values()), options)


def _result(name: str) -> DetectorResult:
    return next(each for each in scanned().detectors if each.detector.name == name)


@every_detector
def test_the_gate_stops_it_before_any_head_is_scored(detector: Detector) -> None:
    result = _result(detector.name)
    assert result.scores is None
    assert result.gate is not None, result.absent_reason
    assert not result.gate.passed
    assert result.gate.value < result.gate.required
    assert "is needed" in (result.absent_reason or "")
    assert not scanned().positive(result)


@every_detector
def test_a_claim_about_such_a_language_model_is_not_applicable(detector: Detector) -> None:
    found = judge(scanned().head_record(_result(detector.name), HeadRef(0, 0)))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "The behaviour is not there" in found.reasons[0]
