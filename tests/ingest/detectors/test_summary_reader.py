"""Summary readers in a language model that sums up on punctuation by construction."""

import pytest

from tests.ingest.sentiment_model import LOOKING, READER, SUMMARIZER, scanned
from tests.ingest.task_scans import found_by, share_of


def test_exactly_the_planted_head_is_found() -> None:
    assert found_by(scanned(), "summary_reader") == [READER]


def test_it_turns_the_whole_summary_into_the_verdict() -> None:
    assert share_of(scanned(), "summary_reader", READER) == pytest.approx(1.0, abs=0.02)
    assert share_of(scanned(), "summary_reader", READER, metric="moved_task_share") == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("head", [LOOKING, SUMMARIZER])
def test_heads_that_put_something_down_have_no_direct_share(head) -> None:
    assert share_of(scanned(), "summary_reader", head) == pytest.approx(0.0, abs=0.01)
