import pytest
import torch

from ingest.detectors.copying import copying, eigenvalues
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.weights import WeightView
from tests.ingest.tiny_models import make_tiny
from tests.ingest.word_models import make_word_model

WORDS = [f"word{i}" for i in range(60)]
ITSELF = {word: word for word in WORDS}
NEXT = dict(zip(WORDS, WORDS[1:] + WORDS[:1], strict=True))


def test_an_identity_circuit_copies_and_others_do_not() -> None:
    loaded = make_word_model(WORDS, [(ITSELF, 1), (ITSELF, -1), (NEXT, 1), ({}, 0)])
    found = copying.function(WeightView(loaded))
    assert found.value.shape == (1, 4, 60)  # BOS and the unknown token are special
    assert found.value.mean(dim=-1)[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert found.null.max() == 0
    assert found.chance[0].item() == pytest.approx(3 / 62)


def test_eigenvalues_are_one_for_the_identity_and_none_for_its_negative() -> None:
    loaded = make_word_model(WORDS, [(ITSELF, 1), (ITSELF, -1), (NEXT, 1), ({}, 0)])
    found = eigenvalues(WeightView(loaded)).value.mean(dim=-1)[0]
    # A cyclic shift of all words has the roots of unity for eigenvalues, whose sum is 0, and so has nothing at all;
    # on a part of the words it is nilpotent, with no eigenvalue but 0.
    assert found.tolist() == pytest.approx([1.0, 0.0, 0.5, 0.5], abs=1e-3)


def test_the_planted_induction_head_copies_and_the_silent_one_does_not() -> None:
    planted = build_planted("llama", seed=3)
    loaded = wrap_language_model(
        planted.model, None, hub_id="planted/llama", revision="sha256:" + "0" * 64, weights_sha256="0" * 64
    )
    score = copying.function(WeightView(loaded)).value.mean(dim=-1)
    for head, kind in planted.kinds.items():
        expected = 1.0 if kind.name == "induction" else 0.0
        # Noise of 1 % on the weights lets a head that writes elsewhere have a token among its three by chance.
        assert score[head.layer, head.head].item() == pytest.approx(expected, abs=0.15), (head, kind.name)


def test_random_heads_stay_near_chance() -> None:
    found = copying.function(WeightView(make_tiny("gpt_neox", seed=1)))
    # 8 heads × 96 tokens at 3 / 97; heads are correlated within, so five standard errors of one head: 5 · 0.0177.
    assert found.value.mean(dim=-1).mean().item() == pytest.approx(3 / 97, abs=0.05)
    assert torch.isfinite(found.value).all()
