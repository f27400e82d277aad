"""Negative name movers in a language model whose heads have their roles by construction."""

import pytest

from catalog.vocabulary import Verdict
from ingest.verdict import judge
from tests.ingest.indirect_object_model import HEADS, record_of, result_of, scanned

NEGATIVE = HEADS["negative_name_mover"]


def test_exactly_the_planted_head_is_found() -> None:
    assert scanned().positive(result_of("negative_name_mover")) == [NEGATIVE]


def test_its_share_is_what_the_weights_say() -> None:
    # It writes −0.3 where all together write 0.7.
    assert record_of("negative_name_mover", NEGATIVE).score == pytest.approx(0.3 / 0.7, abs=0.06)
    found = judge(record_of("negative_name_mover", NEGATIVE))
    assert (found.verdict, found.grade) == (Verdict.REPRODUCED, 3)


def test_a_name_mover_is_the_opposite() -> None:
    record = record_of("negative_name_mover", HEADS["name_mover"])
    assert record.score is not None
    assert record.score < -1
    assert judge(record).verdict is Verdict.NOT_REPRODUCED


def test_it_lowers_the_names_that_it_attends_to() -> None:
    scores = result_of("negative_name_mover").definitions["names_lowered_bottom5"].scores
    assert scores is not None
    assert scores.score[NEGATIVE.layer, NEGATIVE.head] == 1.0
    assert scores.score.sum() == 1.0
