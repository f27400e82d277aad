"""Greater-than heads in a language model that raises later years by construction."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from ingest.scan_result import ScanResult
from ingest.tasks.greater_than import greater_than
from tests.ingest.task_model import Block, Circuit
from tests.ingest.task_scans import found_by, result_of, scan_for, share_of

PLANTED, LOOKING = HeadRef(0, 0), HeadRef(0, 1)
_PAIRS = [f"{year:02d}" for year in range(100)]
_CENTURIES = _PAIRS[11:20]


@cache
def scanned(*, looks_up: bool = True) -> ScanResult:
    """Centuries look for years, and a year raises all later ones; without looking up, the last ones always."""
    circuit = Circuit(greater_than, n_layers=1, extra_words=_PAIRS, loudness=50.0)
    years = [pair for pair in _PAIRS if pair not in _CENTURIES]
    later = circuit.mapping((year, other, 1.0) for year in years for other in _PAIRS if other > year)
    late = circuit.mapping((century, other, 1.0) for century in _CENTURIES for other in _PAIRS[90:])
    head = circuit.head(0, 0).look(_CENTURIES, _PAIRS)
    head.write(Block.IN, Block.OUT, 20 * (later if looks_up else late))
    circuit.head(0, 1).look(_CENTURIES, _PAIRS)
    return scan_for(circuit.loaded(), ["greater_than"])


def test_exactly_the_planted_head_is_found() -> None:
    result = result_of(scanned(), "greater_than")
    assert result.gate is not None
    assert result.gate.passed
    assert found_by(scanned(), "greater_than") == [PLANTED]


def test_it_moves_all_that_the_answer_depends_on() -> None:
    assert share_of(scanned(), "greater_than", PLANTED) == pytest.approx(1.0, abs=0.02)
    assert share_of(scanned(), "greater_than", LOOKING) == pytest.approx(0.0, abs=1e-6)
    assert share_of(scanned(), "greater_than", PLANTED, metric="read_directly_task_share") == pytest.approx(1, abs=0.05)


def test_a_language_model_that_always_names_a_late_year_does_not_pass() -> None:
    # Most of its answers are right, and it has not read the first year.
    result = result_of(scanned(looks_up=False), "greater_than")
    assert result.gate is not None
    assert not result.gate.passed
    assert result.gate.metric.endswith("clean minus corrupted")
    assert result.scores is None


def test_a_third_of_its_attention_is_on_the_first_year() -> None:
    # It looks at all numbers alike: the first year and the century, twice.
    mass = share_of(scanned(), "greater_than", PLANTED, metric="start_year_mass")
    assert mass == pytest.approx(1 / 3, abs=0.02)
