"""Sentiment summarizers in a language model that sums up on punctuation by construction."""

import pytest

from tests.ingest.sentiment_model import LOOKING, READER, SUMMARIZER, scanned
from tests.ingest.task_scans import found_by, result_of, share_of


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "sentiment_summarizer")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "sentiment_summarizer") == [SUMMARIZER]


def test_all_of_the_verdict_rests_on_what_it_puts_down() -> None:
    assert share_of(scanned(), "sentiment_summarizer", SUMMARIZER) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("head", [LOOKING, READER])
def test_heads_that_look_or_read_only_have_no_share(head) -> None:
    assert share_of(scanned(), "sentiment_summarizer", head) == pytest.approx(0.0, abs=0.01)
