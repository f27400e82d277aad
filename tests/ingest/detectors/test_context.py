"""Context heads in language models that are told what is not true."""

import pytest

from tests.ingest.conflict_model import CONTEXT, LOOKING, MEMORY, scanned
from tests.ingest.task_scans import found_by, result_of, share_of


def test_exactly_the_planted_head_is_found() -> None:
    assert found_by(scanned(CONTEXT), "context") == [CONTEXT]


def test_it_carries_the_whole_task_by_the_direct_path_and_by_all() -> None:
    # The counterpart changes nothing that other heads read.
    assert share_of(scanned(CONTEXT), "context", CONTEXT) == pytest.approx(1.0, abs=0.05)
    assert share_of(scanned(CONTEXT), "context", CONTEXT, metric="moved_task_share") == pytest.approx(1.0, abs=0.05)


def test_the_other_side_and_a_head_that_writes_nothing_have_no_share() -> None:
    assert share_of(scanned(CONTEXT), "context", MEMORY) == pytest.approx(0.0, abs=0.01)
    assert share_of(scanned(CONTEXT), "context", LOOKING) == pytest.approx(0.0, abs=1e-6)


def test_a_language_model_that_takes_the_other_side_has_no_such_task() -> None:
    result = result_of(scanned(MEMORY), "context")
    assert result.gate is not None
    assert not result.gate.passed
    assert result.scores is None
    assert "accuracy" in (result.absent_reason or "")
