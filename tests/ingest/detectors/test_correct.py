"""Correct heads in a language model that answers multiple choice by construction."""

import pytest

from tests.ingest.choice_model import ASKER, CORRECT, GATHERER, LABELLER, LOOKING, scanned
from tests.ingest.task_scans import found_by, result_of, share_of


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "correct")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "correct") == [CORRECT]


def test_it_writes_the_whole_answer() -> None:
    assert share_of(scanned(), "correct", CORRECT) == pytest.approx(1.0, abs=0.02)
    assert share_of(scanned(), "correct", CORRECT, metric="moved_task_share") == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("head", [LABELLER, ASKER, LOOKING, GATHERER])
def test_heads_that_choose_without_writing_the_letter_have_no_direct_share(head) -> None:
    assert share_of(scanned(), "correct", head) == pytest.approx(0.0, abs=0.02)
