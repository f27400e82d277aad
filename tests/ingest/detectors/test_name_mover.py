"""Name movers in a language model whose heads have their roles by construction."""

import pytest

from catalog.vocabulary import Verdict
from ingest.verdict import judge
from tests.ingest.indirect_object_model import HEADS, record_of, result_of, scanned

MOVER = HEADS["name_mover"]


def test_exactly_the_planted_name_mover_is_found() -> None:
    result = result_of("name_mover")
    assert scanned().positive(result) == [MOVER]
    assert result.gate is not None
    assert result.gate.passed
    assert result.gate.value == 1.0


def test_its_share_is_what_the_weights_say() -> None:
    # The mover writes 1, the negative one −0.3 and the backup next to nothing: 1 / 0.7 of the whole. The final norm,
    # which is recomputed, takes a little of it.
    record = record_of("name_mover", MOVER)
    assert record.score == pytest.approx(1 / 0.7, abs=0.1)
    assert record.chance == 0
    assert record.cause is not None
    assert record.cause.is_score
    assert record.cause.n_templates == 8
    assert record.cause.least_template is not None
    assert 1.0 < record.cause.least_template < record.cause.effect


def test_a_planted_head_reproduces_with_cause_and_others_do_not() -> None:
    found = judge(record_of("name_mover", MOVER))
    assert (found.verdict, found.grade) == (Verdict.REPRODUCED, 3)
    assert any("the task indirect object" in reason for reason in found.reasons)
    for name in ("s_inhibition", "negative_name_mover", "previous_token"):
        # A head that works through others has no direct effect; one that works against the task has a negative one.
        assert judge(record_of("name_mover", HEADS[name])).verdict is Verdict.NOT_REPRODUCED


def test_it_attends_to_the_indirect_object_and_copies_names() -> None:
    definitions = result_of("name_mover").definitions
    mass, copies = definitions["indirect_object_mass"].scores, definitions["name_copies_top5"].scores
    assert mass is not None
    assert copies is not None
    assert mass.score[MOVER.layer, MOVER.head] > 0.9
    assert copies.score[MOVER.layer, MOVER.head] == 1.0
    assert copies.score[HEADS["negative_name_mover"].layer, HEADS["negative_name_mover"].head] == 0.0
