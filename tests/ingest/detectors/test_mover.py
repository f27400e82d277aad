"""Movers in a language model that states facts by construction."""

import pytest

from tests.ingest.fact_model import LOOKING, MIXED, RELATION, SUBJECT, scanned
from tests.ingest.task_scans import found_by, result_of, share_of


def test_heads_that_move_the_subject_are_found() -> None:
    result = result_of(scanned(), "mover")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "mover") == [SUBJECT, MIXED]


def test_their_shares_are_those_of_what_they_write() -> None:
    # Of 4 and, with half of the attention, of 2 / 2: four fifths and one fifth of what tells the countries apart.
    assert share_of(scanned(), "mover", SUBJECT) == pytest.approx(0.8, abs=0.05)
    assert share_of(scanned(), "mover", MIXED) == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("head", [RELATION, LOOKING])
def test_what_is_read_elsewhere_or_written_nowhere_is_no_share(head) -> None:
    assert share_of(scanned(), "mover", head) == pytest.approx(0.0, abs=0.01)


def test_with_one_layer_all_of_it_is_direct() -> None:
    direct = share_of(scanned(), "mover", SUBJECT, metric="read_directly_task_share")
    assert direct == pytest.approx(share_of(scanned(), "mover", SUBJECT), abs=1e-4)


def test_it_looks_at_the_subject() -> None:
    # The country has a logit of 12, BOS of 6 and everything else of 0.
    assert share_of(scanned(), "mover", SUBJECT, metric="fact_subject_mass") > 0.95
    assert share_of(scanned(), "mover", RELATION, metric="fact_subject_mass") < 0.05
