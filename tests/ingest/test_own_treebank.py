from pathlib import Path

import pytest

from ingest.errors import TreebankError
from ingest.own_treebank import with_treebank
from ingest.prompts.treebank import TreebankBatch, treebank
from ingest.registry import select
from tests.ingest.toy_tokenizer import text_vocabulary

SENTENCE = (
    "1\tOld\t_\tADJ\t_\t_\t2\tamod\t_\t_\n"
    "2\tcats\t_\tNOUN\t_\t_\t3\tnsubj\t_\t_\n"
    "3\tsleep\t_\tVERB\t_\t_\t0\troot\t_\t_\n"
)


def test_detectors_of_parsed_sentences_read_the_users_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "own.conllu"
    path.write_text(SENTENCE)
    syntactic, induction = with_treebank(select(["syntactic", "induction"]), path)
    assert [induction] == select(["induction"])
    assert syntactic.prompts is not None
    batch = syntactic.prompts.make(text_vocabulary(), 1, 30, 0)
    assert isinstance(batch, TreebankBatch)
    assert batch.relations == ("amod", "nsubj", "root")
    assert "own.conllu" in syntactic.prompts.description
    assert all(each.prompts is syntactic.prompts for each in syntactic.definitions.values())


def test_without_one_the_sentences_of_headcat_are_read() -> None:
    (syntactic,) = with_treebank(select(["syntactic"]), None)
    assert syntactic.prompts is treebank


def test_a_file_that_is_no_treebank_is_refused_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "own.conllu"
    path.write_text("Old cats sleep.\n")
    with pytest.raises(TreebankError, match=r"own\.conllu, line 1: 1 columns"):
        with_treebank(select(["syntactic"]), path)
