"""Subject heads in a language model that states facts by construction."""

import pytest

from tests.ingest.fact_model import LOOKING, MIXED, RELATION, SUBJECT, scanned
from tests.ingest.task_scans import found_by, share_of


def test_exactly_the_planted_head_is_found() -> None:
    assert found_by(scanned(), "subject") == [SUBJECT]


def test_its_share_is_half_of_what_it_costs_to_lose_the_country() -> None:
    # It raises the answer by 4 and one of two foils by 4, a difference of 2; with another country it raises the other
    # foil alone, a difference of −2. So losing the country costs 4, and 1 more by the mixed head, which writes 1.
    assert share_of(scanned(), "subject", SUBJECT) == pytest.approx(2 / 5, abs=0.05)


def test_relation_heads_count_against_it_and_mixed_ones_for_neither() -> None:
    assert share_of(scanned(), "subject", RELATION) < -0.3
    assert abs(share_of(scanned(), "subject", MIXED)) < 0.05
    assert share_of(scanned(), "subject", LOOKING) == pytest.approx(0.0, abs=1e-6)
