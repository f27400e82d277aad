"""Mixed heads in a language model that states facts by construction."""

import pytest

from tests.ingest.fact_model import LOOKING, MIXED, RELATION, SUBJECT, scanned
from tests.ingest.task_scans import found_by, share_of


def test_exactly_the_planted_head_is_found() -> None:
    assert found_by(scanned(), "mixed") == [MIXED]


def test_its_share_is_the_lesser_of_both_parts() -> None:
    # Half of the attention on each, 2 written: 1 for the answer and one foil, a difference of 1 / 2 from each, of 5.
    assert share_of(scanned(), "mixed", MIXED) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("head", [SUBJECT, RELATION, LOOKING])
def test_heads_that_read_one_of_them_have_none(head) -> None:
    assert share_of(scanned(), "mixed", head) == pytest.approx(0.0, abs=0.01)
