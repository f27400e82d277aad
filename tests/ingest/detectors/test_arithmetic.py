"""Arithmetic heads in a language model that adds small numbers by construction."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.arithmetic import BYSTANDERS, arithmetic
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import found_by, result_of, scan_for, share_of

PLANTED, LOOKING, OPERATOR = (HeadRef(0, head) for head in range(3))
_NUMBERS, _SUMS = range(1, 13), range(2, 25)
_LAST = ("=", "is", ":")


@cache
def scanned() -> ScanResult:
    """Two parabolas, each with its top at twice a number, have the top of their sum at the sum of the numbers."""
    circuit = Circuit(arithmetic, n_layers=1, extra_words=BYSTANDERS)
    numbers = [str(number) for number in _NUMBERS]
    parabolas = circuit.mapping(
        (str(number), str(total), -((total - 2 * number) ** 2) / 100) for number in _NUMBERS for total in _SUMS
    )
    circuit.head(0, 0).look(_LAST, numbers).write(Block.IN, Block.OUT, 2 * parabolas)
    circuit.head(0, 1).look(_LAST, numbers)
    small = circuit.mapping((sign, str(total), 0.1) for sign in ("+", "plus") for total in _SUMS if total < 8)
    circuit.head(0, 2).look(_LAST, ["+", "plus"]).write(Block.IN, Block.OUT, small)
    return scan_for(circuit.loaded(), ["arithmetic"])


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "arithmetic")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "arithmetic") == [PLANTED]


def test_it_moves_all_that_the_sum_depends_on() -> None:
    assert share_of(scanned(), "arithmetic", PLANTED) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("head", [LOOKING, OPERATOR])
def test_heads_that_read_the_operator_or_write_nothing_have_no_share(head) -> None:
    assert share_of(scanned(), "arithmetic", head) == pytest.approx(0.0, abs=0.01)
