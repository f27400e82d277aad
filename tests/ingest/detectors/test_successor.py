from itertools import pairwise

import pytest
import torch

from ingest.detectors.successor import successor
from ingest.errors import NoTargetError
from ingest.prompts.word_pairs import series
from ingest.weights import WeightView
from tests.ingest.tiny_models import make_tiny
from tests.ingest.word_models import make_word_model

SERIES = {name: series()[name] for name in ("number_words", "days", "months")}
WORDS = [word for words in SERIES.values() for word in words]
FOLLOWING = {word: after for words in SERIES.values() for word, after in pairwise(words)}
ITSELF = {word: word for word in WORDS}


def test_the_successor_map_scores_one_and_other_circuits_nothing() -> None:
    loaded = make_word_model(WORDS, [(FOLLOWING, 1), (ITSELF, 1), (FOLLOWING, -1), ({}, 0)])
    found = successor.function(WeightView(loaded))
    # 19 number words, 6 weekdays and 11 months have a successor.
    assert found.value.shape == (1, 4, 36)
    assert found.value.mean(dim=-1)[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found.null.abs().max() == 0


def test_chance_is_one_of_the_series() -> None:
    loaded = make_word_model(WORDS, [(FOLLOWING, 1)])
    chance = successor.function(WeightView(loaded)).chance
    assert chance.sum().item() == pytest.approx(19 / 20 + 6 / 7 + 11 / 12)


def test_a_head_that_knows_one_series_scores_its_share() -> None:
    days = {word: after for word, after in FOLLOWING.items() if word in SERIES["days"]}
    loaded = make_word_model(WORDS, [(days, 1)])
    assert successor.function(WeightView(loaded)).value.mean(dim=-1)[0, 0].item() == pytest.approx(6 / 36)


def test_a_vocabulary_without_series_is_refused_with_numbers() -> None:
    loaded = make_word_model(["Monday", "Tuesday", "Wednesday"], [({}, 0)])
    with pytest.raises(NoTargetError, match=r"2 members of ordered series .* 30 are needed"):
        successor.function(WeightView(loaded))


def test_no_tokenizer_is_refused() -> None:
    with pytest.raises(NoTargetError, match="without a tokenizer"):
        successor.function(WeightView(make_tiny("gpt2")))


def test_random_heads_score_chance() -> None:
    loaded = make_word_model(WORDS, [])
    generator = torch.Generator().manual_seed(0)
    projection = loaded.model.model.layers[0].self_attn.o_proj
    with torch.no_grad():
        projection.weight.copy_(torch.randn(projection.weight.shape, generator=generator))
    found = successor.function(WeightView(loaded))
    # 4 heads × 36 items, chance 0.0758: a standard error of √(0.0758 · 0.924 / 144) = 0.022.
    assert found.value.mean().item() == pytest.approx(found.chance.mean().item(), abs=0.066)
