"""Content gatherers in a language model that answers multiple choice by construction."""

import pytest

from tests.ingest.choice_model import ASKER, CORRECT, GATHERER, LABELLER, LOOKING, scanned
from tests.ingest.task_scans import found_by, result_of, share_of


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "content_gatherer")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "content_gatherer") == [GATHERER]


def test_it_moves_all_that_the_choice_depends_on() -> None:
    assert share_of(scanned(), "content_gatherer", GATHERER) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("head", [LABELLER, ASKER, LOOKING, CORRECT])
def test_heads_that_read_letters_or_kinds_or_write_nothing_have_no_share(head) -> None:
    assert share_of(scanned(), "content_gatherer", head) == pytest.approx(0.0, abs=0.02)


def test_it_looks_at_the_right_option_and_a_head_that_looks_at_all_does_not() -> None:
    assert share_of(scanned(), "content_gatherer", GATHERER, metric="right_option_mass") > 0.95
    assert share_of(scanned(), "content_gatherer", LOOKING, metric="right_option_mass") == pytest.approx(
        1 / 4, abs=0.02
    )
