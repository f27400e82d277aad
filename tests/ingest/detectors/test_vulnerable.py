"""Vulnerable heads in a language model that some words lead astray by construction."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.acronym import WORDS, acronym
from ingest.tasks.lexicon import LETTERS
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import found_by, result_of, scan_for, share_of

MOVER, WRITTEN, TRAP = (HeadRef(0, head) for head in range(3))
_TRAPS = WORDS[::7]
"""Eight of fifty words: one of them is in four of ten prompts."""


@cache
def scanned(*, has_traps: bool = True) -> ScanResult:
    """As for letter movers, with one head that takes a few words for the letter X."""
    circuit = Circuit(acronym, n_layers=1, extra_words=LETTERS)
    initials = circuit.mapping((word, word[0], 1.0) for word in WORDS)
    same = circuit.mapping((letter, letter, -1.0) for letter in LETTERS)
    circuit.head(0, 0).look(LETTERS, WORDS).write(Block.IN, Block.OUT, 6 * initials)
    circuit.head(0, 1).look(LETTERS, LETTERS).write(Block.IN, Block.OUT, 6 * same)
    if has_traps:
        wrong = circuit.mapping((word, "X", 1.0) for word in _TRAPS)
        lowered = circuit.mapping((word, word[0], -1.0) for word in WORDS)
        head = circuit.head(0, 2).look(LETTERS, _TRAPS)
        head.write(Block.IN, Block.OUT, 8 * wrong + lowered * (wrong.sum(dim=1, keepdim=True) > 0))
    return scan_for(circuit.loaded(), ["vulnerable"], n_prompts=60)


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "vulnerable")
    assert result.gate is not None
    assert result.gate.passed
    assert result.gate.value < 0.75
    assert found_by(scanned(), "vulnerable") == [TRAP]


def test_it_works_against_the_answer_and_the_others_for_it() -> None:
    assert share_of(scanned(), "vulnerable", TRAP) > 0.1
    assert share_of(scanned(), "vulnerable", MOVER) < -0.2


def test_a_language_model_without_mistakes_has_no_such_heads_to_find() -> None:
    result = result_of(scanned(has_traps=False), "vulnerable")
    assert result.gate is not None
    assert not result.gate.passed
    assert (result.gate.metric, result.gate.required) == ("share of wrong answers on acronym", 0.1)
    assert result.scores is None
    assert pytest.approx(0.0) == result.gate.value
