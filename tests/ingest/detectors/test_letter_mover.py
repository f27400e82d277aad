"""Letter movers in a language model that completes acronyms by construction."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.acronym import WORDS, acronym
from ingest.tasks.lexicon import LETTERS
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import found_by, result_of, scan_for, share_of

MOVER, WRITTEN, LOOKING = HeadRef(0, 0), HeadRef(0, 1), HeadRef(0, 2)


@cache
def scanned() -> ScanResult:
    """Letters look for words and write their initials; what stands in the bracket already is lowered."""
    circuit = Circuit(acronym, n_layers=1, extra_words=LETTERS)
    initials = circuit.mapping((word, word[0], 1.0) for word in WORDS)
    same = circuit.mapping((letter, letter, -1.0) for letter in LETTERS)
    circuit.head(0, 0).look(LETTERS, WORDS).write(Block.IN, Block.OUT, 6 * initials)
    circuit.head(0, 1).look(LETTERS, LETTERS).write(Block.IN, Block.OUT, 6 * same)
    circuit.head(0, 2).look(LETTERS, WORDS)
    return scan_for(circuit.loaded(), ["letter_mover"])


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "letter_mover")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "letter_mover") == [MOVER]


def test_it_moves_all_that_the_answer_depends_on() -> None:
    # Only the third word differs from the counterpart, and only this head reads it.
    assert share_of(scanned(), "letter_mover", MOVER) == pytest.approx(1.0, abs=0.05)
    assert share_of(scanned(), "letter_mover", MOVER, metric="read_directly_task_share") == pytest.approx(1.0, abs=0.05)


def test_heads_that_read_letters_or_write_nothing_have_no_share() -> None:
    assert share_of(scanned(), "letter_mover", WRITTEN) == pytest.approx(0.0, abs=0.01)
    assert share_of(scanned(), "letter_mover", LOOKING) == pytest.approx(0.0, abs=1e-6)


def test_a_third_of_its_attention_is_on_the_word_whose_initial_is_due() -> None:
    # It looks at all three words alike.
    for head in (MOVER, LOOKING):
        assert share_of(scanned(), "letter_mover", head, metric="acronym_initial_mass") == pytest.approx(
            1 / 3, abs=0.02
        )
