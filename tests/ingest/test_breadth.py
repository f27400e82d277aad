"""The broad reading: its rule, what it is measured on, and that measuring it moves no other number."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from catalog.vocabulary import Polarity, Verdict
from ingest.breadth import Breadth, judge_breadth
from ingest.breadth_pass import MARKED, NO_PATTERN, NO_TEXT, over_all, why_not
from ingest.detectors.attention_sink import attention_sink
from ingest.detectors.block import block
from ingest.detectors.copying import copying
from ingest.detectors.induction import induction
from ingest.detectors.previous_token import previous_token
from ingest.errors import UnknownProtocolError
from ingest.loading import load_language_model
from ingest.local_models import SHIPPED
from ingest.measure import NO_KEY, KeyProperty, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.scan import scan
from ingest.scan_result import ScanOptions


def found(low: float, high: float, **changes: Any) -> Breadth:
    whole = Breadth(
        Polarity.IS, True, 0.5, None, is_applicable=True, chance=0.1, excess_low=low, excess_high=high, share=0.25
    )
    return replace(whole, **changes)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "denied"),
    [
        (0.2, 0.9, Verdict.REPRODUCED, Verdict.NOT_REPRODUCED),
        (0.19, 0.21, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (-0.1, 0.199, Verdict.NOT_REPRODUCED, Verdict.REPRODUCED),
    ],
)
def test_the_interval_decides_and_a_denial_is_judged_the_other_way(
    low: float, high: float, verdict: Verdict, denied: Verdict
) -> None:
    assert judge_breadth(found(low, high)).verdict is verdict
    assert judge_breadth(found(low, high, polarity=Polarity.IS_NOT)).verdict is denied


def test_the_share_is_said_and_judges_nothing() -> None:
    small, large = (judge_breadth(found(0.5, 0.6, share=share)) for share in (0.001, 0.9))
    assert small.verdict is large.verdict is Verdict.REPRODUCED
    assert (
        small.reason == "On ordinary text 0.500 to 0.600 of what the baselines leave over; of all its attention the "
        "label names 0.1%."
    )


def test_what_was_not_measured_has_no_verdict_and_a_dead_hook_is_an_error() -> None:
    absent = Breadth(Polarity.IS, True, None, "no such thing", is_applicable=False)
    assert judge_breadth(absent).verdict is None
    assert judge_breadth(found(0.5, 0.6, is_live=False)).verdict is Verdict.ERROR
    assert judge_breadth(found(0.5, 0.6, excess_low=None)).verdict is Verdict.INCONCLUSIVE
    with pytest.raises(UnknownProtocolError):
        judge_breadth(absent, "0")


def test_only_detectors_that_read_any_text_are_measured_on_it() -> None:
    assert [why_not(each) for each in (induction, previous_token, attention_sink)] == [None] * 3
    assert (why_not(block), why_not(copying)) == (MARKED, NO_PATTERN)


def test_the_share_counts_every_query() -> None:
    tokens = torch.zeros(1, 4, dtype=torch.long)
    is_real = torch.tensor([[False, True, True, True]])
    batch = PromptBatch(tokens, is_real, has_bos=False)
    keys = torch.tensor([[[NO_KEY], [NO_KEY], [1], [NO_KEY]]])
    relational = over_all(RelationalTargets(keys, 0.01), batch)
    assert isinstance(relational, RelationalTargets)
    assert (relational.is_counted.tolist(), relational.floor) == (is_real.tolist(), 0.01)
    property_ = over_all(KeyProperty(is_real, torch.zeros_like(is_real)), batch)
    assert property_.is_counted.tolist() == is_real.tolist()


def test_a_scan_with_breadth_moves_no_other_number() -> None:
    loaded = load_language_model(str(SHIPPED / "reference"), device="cpu")
    options = ScanOptions(n_prompts=8, with_ablation=False)
    detectors = [induction, previous_token, attention_sink]
    without = scan(loaded, detectors, options)
    with_it = scan(loaded, detectors, replace(options, with_breadth=True))
    for before, after in zip(without.detectors, with_it.detectors, strict=True):
        assert (before.breadth, after.breadth is None) == (None, False)
        assert before.scores is not None
        assert after.scores is not None
        np.testing.assert_array_equal(before.scores.score, after.scores.score)
        np.testing.assert_array_equal(before.p_adjusted, after.p_adjusted)
    broad = with_it.detectors[0].breadth
    assert broad is not None
    assert broad.score is not None
    assert broad.share is not None
    assert broad.score.scores is not None
    assert broad.share.scores is not None
    # Queries without a target add nothing, so that the share is the smaller the fewer have one.
    assert (broad.share.scores.score <= broad.score.scores.score).all()
    assert broad.share.scores.n_counted > broad.score.scores.n_counted
    assert with_it.provenance["options"]["breadth"] is True


def test_without_a_tokenizer_there_is_no_ordinary_text() -> None:
    loaded = replace(load_language_model(str(SHIPPED / "reference"), device="cpu"), tokenizer=None)
    result = scan(loaded, [previous_token], ScanOptions(n_prompts=8, with_ablation=False, with_breadth=True))
    assert result.detectors[0].breadth is not None
    assert result.detectors[0].breadth.why_not == NO_TEXT
