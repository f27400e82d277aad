"""What every detector of weights keeps; one that the registry finds is tested here without an edit."""

from functools import cache

import pytest
import torch

from ingest.detector import Detector
from ingest.errors import NoTargetError
from ingest.evidence import Evidence, ItemScores
from ingest.loaded_model import LoadedModel
from ingest.prompts.word_pairs import series, word_pairs
from ingest.registry import load_detectors
from ingest.tasks.indirect_object import NAMES
from ingest.weights import WeightView
from tests.ingest.word_models import make_word_model

DETECTORS = {
    each.key: each
    for found in load_detectors().values()
    for each in (found, *found.as_definitions())
    if each.evidence is Evidence.WEIGHTS
}
every_detector = pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
CAPITALS = dict(word_pairs("country_capital"))
SERIES = [word for words in series().values() for word in words]
WORDS = list(dict.fromkeys([*CAPITALS, *CAPITALS.values(), *SERIES, *NAMES]))


def words(order: tuple[int, ...] = (0, 1, 2, 3)) -> LoadedModel:
    """Four heads with random output weights; `order` says which stands where within the pairs that share values."""
    loaded = make_word_model(WORDS, [])
    projection = loaded.model.model.layers[0].self_attn.o_proj
    d_head = projection.weight.shape[1] // 4
    blocks = torch.randn(4, len(projection.weight), d_head, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        projection.weight.copy_(torch.cat([blocks[i] for i in order], dim=1))
    return loaded


def found(detector: Detector) -> dict[str, ItemScores]:
    return _found(detector.key)


@cache
def _found(key: str) -> dict[str, ItemScores]:
    return readings(DETECTORS[key], words())


def readings(detector: Detector, loaded: LoadedModel, seed: int = 0) -> dict[str, ItemScores]:
    offered = detector.function(WeightView(loaded, seed))
    return {detector.name: offered} if isinstance(offered, ItemScores) else dict(offered)


@every_detector
def test_values_are_shares_for_every_head_and_item(detector: Detector) -> None:
    for scores in found(detector).values():
        n_items = len(scores.chance)
        assert scores.value.shape == scores.null.shape == (1, 4, n_items)
        for values in (scores.value, scores.null, scores.chance):
            assert ((values >= 0) & (values <= 1)).all()
        assert (scores.counts > 0).all()


@every_detector
def test_permuting_heads_permutes_values(detector: Detector) -> None:
    order = (2, 3, 1, 0)  # all values are shared alike, so only W_O tells heads apart
    permuted = readings(detector, words(order))
    for name, scores in found(detector).items():
        assert torch.allclose(permuted[name].value, scores.value[:, list(order)], atol=1e-4)


@every_detector
def test_the_answer_is_the_same_twice(detector: Detector) -> None:
    again = readings(detector, words())
    for name, scores in found(detector).items():
        assert torch.equal(again[name].value, scores.value)
        assert torch.equal(again[name].null, scores.null)


@every_detector
def test_random_heads_score_near_chance_and_so_does_their_null_model(detector: Detector) -> None:
    for scores in found(detector).values():
        # Items of a head are correlated; as 4 heads of 30 items at a chance of 0.5 at most the standard error is 0.05.
        assert scores.value.mean().item() == pytest.approx(scores.chance.mean().item(), abs=0.15)
        assert scores.null.mean().item() == pytest.approx(scores.chance.mean().item(), abs=0.15)


@every_detector
def test_a_vocabulary_without_words_is_refused_or_needs_none(detector: Detector) -> None:
    loaded = make_word_model(["word", "other"], [])
    try:
        scores = readings(detector, loaded)
    except NoTargetError as refused:
        message = str(refused)
    else:
        message = "" if all(each.value.isfinite().all() for each in scores.values()) else "not finite"
    assert message == "" or "needed" in message
