"""Detectors on language models that learned nothing: no head is of any type."""

import numpy as np
import pytest

from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from ingest.verdict import MIN_EXCESS
from tests.ingest.tiny_models import make_tiny

NAMES = ("attention_sink", "duplicate_token", "induction", "positional", "previous_token")


@pytest.mark.parametrize("family", ["gpt2", "llama", "gpt_neox", "gemma2", "qwen3"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_head_of_a_random_language_model_is_found(family: str, seed: int) -> None:
    result = scan(make_tiny(family, seed=seed), select(NAMES), ScanOptions(seed=seed))
    assert {each.detector.name: result.positive(each) for each in result.detectors} == {
        each.detector.name: [] for each in result.detectors
    }
    # Windows of six tokens (Gemma 2) give the previous token a sixth: (1/6 − 0.05) / 0.95 = 0.12 above chance.
    highest = max(
        float(np.nanmax(each.scores.statistics.excess_high))
        for each in result.detectors
        if each.scores is not None and each.scores.statistics is not None
    )
    assert highest < 0.16 < MIN_EXCESS
