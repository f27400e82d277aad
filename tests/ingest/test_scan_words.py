"""Detectors of words, syntax and punctuation in whole scans: nothing in planted heads of other types, or in chance."""

import dataclasses

import numpy as np
import pytest

from ingest.agreement import agreement_of
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.tokenizer import planted_tokenizer
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verdict import MIN_EXCESS
from tests.ingest.bpe_tokenizer import D_VOCAB, bpe_tokenizer
from tests.ingest.tiny_models import make_tiny

NAMES = ("delimiter", "negative", "rare_words", "spacing", "subword_merge", "syntactic")


def random_model(family: str, seed: int) -> LoadedModel:
    # Without the end-of-text special of the tiny models: BOS alone is special.
    return dataclasses.replace(make_tiny(family, seed=seed, vocab_size=D_VOCAB), tokenizer=bpe_tokenizer())


def highest_excess(result: ScanResult, name: str) -> float:
    (found,) = (each for each in result.detectors if each.detector.name == name)
    assert found.scores is not None, found.absent_reason
    assert found.scores.statistics is not None
    return float(np.nanmax(found.scores.statistics.excess_high))


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_no_head_of_a_random_language_model_is_found(family: str) -> None:
    result = scan(random_model(family, seed=0), select(NAMES), ScanOptions())
    assert {each.detector.name: result.positive(each) for each in result.detectors} == {name: [] for name in NAMES}
    assert max(highest_excess(result, name) for name in NAMES) < MIN_EXCESS


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_planted_heads_of_other_types_are_none_of_these(scheme) -> None:
    planted = build_planted(scheme, seed=0)
    loaded = wrap_language_model(
        planted.model, planted_tokenizer(), hub_id="planted", revision="sha256:0", weights_sha256="0" * 64
    )
    result = scan(loaded, select(NAMES), ScanOptions())
    assert all(not result.positive(each) for each in result.detectors)
    # One token a letter: common letters only, and words of different length for Yes and No.
    absent = {each.detector.name for each in result.detectors if each.scores is None}
    assert absent == {"rare_words", "negative"}
    assert all(highest_excess(result, name) < MIN_EXCESS for name in set(NAMES) - absent)


def test_without_a_tokenizer_every_score_is_absent_and_says_why() -> None:
    result = scan(make_tiny("llama"), select(NAMES), ScanOptions(n_prompts=4))
    for each in result.detectors:
        assert each.scores is None
        assert not each.is_failure
        assert "tokenizer" in str(each.absent_reason)


def test_definitions_of_induction_are_measured_beside_it_and_compared() -> None:
    result = scan(random_model("llama", seed=1), select(["induction"]), ScanOptions())
    (induction,) = result.detectors
    found = agreement_of(induction)
    assert found is not None
    assert found.metrics[0] == "induction_mass_latest_copy"
    assert set(found.metrics) == {induction.detector.metric, *induction.detector.definitions}
    assert found.spearman.diagonal() == pytest.approx(1)
