"""A small trained language model with grouped keys: what it holds, and that it holds no induction head.

Its folder is looked for in HEADCAT_TEST_MODELS, then beside the repository.
"""

import os
from functools import cache
from pathlib import Path

import pytest

from catalog.notation import HeadRef
from ingest.loading import load_language_model
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanResult

NAMES = ("attention_sink", "duplicate_token", "induction", "positional", "previous_token")

MODELS = Path(os.environ.get("HEADCAT_TEST_MODELS") or Path(__file__).parents[3] / "shared" / "models")
FOLDER = MODELS / "stories260k"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"runs where {FOLDER} is; HEADCAT_TEST_MODELS names the folder that holds stories260k"
)


@cache
def scanned() -> ScanResult:
    return scan(load_language_model(str(FOLDER), device="cpu"), select(NAMES))


@pytest.mark.parametrize(("head", "mass"), [("L3H6", 0.88), ("L1H3", 0.80)])
def test_previous_token_heads_have_the_mass_that_a_full_reading_gives(head: str, mass: float) -> None:
    result = scanned()
    each = next(each for each in result.detectors if each.detector.name == "previous_token")
    place = HeadRef.parse(head)
    assert each.scores is not None
    assert each.scores.score[place.layer, place.head] == pytest.approx(mass, abs=0.03)
    assert place in (result.positive(each) or [])
    assert (result.rank(each, place) or 99) <= 2


@pytest.mark.parametrize("name", ["induction", "duplicate_token"])
def test_it_has_no_head_that_looks_for_repetition(name: str) -> None:
    result = scanned()
    each = next(each for each in result.detectors if each.detector.name == name)
    assert result.positive(each) == []
    assert each.scores is not None
    assert each.scores.score.max() < 0.03


def test_grouped_keys_still_give_every_query_head_its_own_score() -> None:
    each = next(each for each in scanned().detectors if each.detector.name == "previous_token")
    assert each.scores is not None
    assert each.scores.score.shape == (5, 8)
    pairs = each.scores.score.reshape(5, 4, 2)  # query heads 2g and 2g + 1 share the keys of group g
    assert (abs(pairs[..., 0] - pairs[..., 1]) > 1e-6).all()
