"""In-context heads in a language model that compares a word with examples by construction."""

from functools import cache

import pytest
import torch

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.in_context_labels import in_context_labels
from ingest.tasks.lexicon import KINDS, LETTERS
from tests.ingest.task_model import LOGIT, NEAR, Block, Circuit
from tests.ingest.task_scans import found_by, result_of, scan_for, share_of

KIND_OF_WORD, PLANTED, LOOKING = HeadRef(0, 0), HeadRef(1, 0), HeadRef(1, 1)
_LAST = (":", "type", "box", "to")


@cache
def scanned() -> ScanResult:
    """Letters, and the last token, learn the kind of the word before them; then like looks for like."""
    circuit = Circuit(in_context_labels, n_layers=2)
    words = [word for each in KINDS.values() for word in each]
    kinds = circuit.mapping((word, each[0], 1.0) for each in KINDS.values() for word in each)
    letters = circuit.mapping((letter, letter, 1.0) for letter in LETTERS)
    circuit.head(0, 0).look([*LETTERS, *_LAST], words, NEAR).prefer_late().write(Block.IN, Block.MID, kinds)
    voting = circuit.head(1, 0).look(_LAST, LETTERS).match(Block.MID, Block.MID, LOGIT * torch.eye(circuit.n_words))
    voting.write(Block.IN, Block.OUT, 4 * letters)
    circuit.head(1, 1).look(_LAST, LETTERS)
    return scan_for(circuit.loaded(), ["in_context"])


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "in_context")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "in_context") == [PLANTED]


def test_it_moves_all_that_the_choice_depends_on() -> None:
    assert share_of(scanned(), "in_context", PLANTED) == pytest.approx(1.0, abs=0.02)
    assert share_of(scanned(), "in_context", PLANTED, metric="read_directly_task_share") == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("head", [KIND_OF_WORD, LOOKING])
def test_heads_that_read_words_or_write_nothing_have_no_share(head) -> None:
    assert share_of(scanned(), "in_context", head) == pytest.approx(0.0, abs=0.01)
