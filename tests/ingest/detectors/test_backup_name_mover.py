"""Backup name movers in a language model whose heads have their roles by construction."""

import pytest

from catalog.vocabulary import Verdict
from ingest.verdict import judge
from tests.ingest.indirect_object_model import HEADS, record_of, result_of, scanned

BACKUP, MOVER = HEADS["backup_name_mover"], HEADS["name_mover"]


def test_exactly_the_planted_backup_is_found() -> None:
    assert scanned().positive(result_of("backup_name_mover")) == [BACKUP]


def test_what_counts_is_what_it_gains() -> None:
    result = result_of("backup_name_mover")
    after = result.definitions["direct_effect_without_name_movers"].scores
    before = result_of("name_mover").scores
    assert result.scores is not None
    assert after is not None
    assert before is not None
    place = (BACKUP.layer, BACKUP.head)
    assert before.score[place] < 0.1
    assert result.scores.score[place] == pytest.approx(after.score[place] - before.score[place], abs=1e-6)
    # It writes half of what the mover did, which was 1 / 0.7 of the whole.
    assert after.score[place] == pytest.approx(0.5 / 0.7, abs=0.1)


def test_an_ablated_name_mover_does_not_back_itself_up() -> None:
    record = record_of("backup_name_mover", MOVER)
    assert record.score is not None
    assert record.score < -1
    assert judge(record).verdict is Verdict.NOT_REPRODUCED
    found = judge(record_of("backup_name_mover", BACKUP))
    assert (found.verdict, found.grade) == (Verdict.REPRODUCED, 3)
