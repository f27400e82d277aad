"""Relation heads in a language model that states facts by construction."""

import pytest

from tests.ingest.fact_model import LOOKING, MIXED, RELATION, SUBJECT, scanned
from tests.ingest.task_scans import found_by, share_of


def test_exactly_the_planted_head_is_found() -> None:
    assert found_by(scanned(), "relation") == [RELATION]


def test_its_share_is_half_of_what_it_writes() -> None:
    # It raises the answer and one of two foils by 4, a difference of 2; losing the country costs 5 (test_subject.py).
    assert share_of(scanned(), "relation", RELATION) == pytest.approx(2 / 5, abs=0.05)


def test_subject_heads_count_against_it_and_mixed_ones_for_neither() -> None:
    assert share_of(scanned(), "relation", SUBJECT) < -0.3
    assert abs(share_of(scanned(), "relation", MIXED)) < 0.05
    assert share_of(scanned(), "relation", LOOKING) == pytest.approx(0.0, abs=1e-6)
