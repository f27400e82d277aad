import pytest

from ingest.detectors.copy_suppression import attends_to_predicted, copy_suppression
from ingest.errors import UnsupportedArchitectureError
from ingest.weights import WeightView
from tests.ingest.tiny_models import make_tiny
from tests.ingest.word_models import look_for_predicted, make_word_model

WORDS = [f"word{i}" for i in range(60)]
ITSELF = {word: word for word in WORDS}
NEXT = dict(zip(WORDS, WORDS[1:] + WORDS[:1], strict=True))


def test_a_negative_identity_suppresses_and_others_do_not() -> None:
    loaded = make_word_model(WORDS, [(ITSELF, -1), (ITSELF, 1), (NEXT, -1), ({}, 0)])
    found = copy_suppression.function(WeightView(loaded))
    assert found.value.mean(dim=-1)[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found.chance[0].item() == pytest.approx(10 / 62)


def test_a_head_that_looks_for_the_predicted_word_has_its_key_largest() -> None:
    loaded = make_word_model(WORDS, [(ITSELF, -1), (ITSELF, -1)])
    look_for_predicted(loaded, head=1)
    found = attends_to_predicted(WeightView(loaded))
    # Heads without a query give all keys the same, and none of them is the largest.
    assert found.value.mean(dim=-1)[0].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert found.null.max() == 0
    assert found.chance[0].item() == pytest.approx(1 / 60)


def test_a_family_whose_keys_are_not_seen_says_so() -> None:
    with pytest.raises(UnsupportedArchitectureError, match="Queries and keys of a gptj model are not seen"):
        attends_to_predicted(WeightView(make_tiny("gptj")))
