"""Chance is that of even attention over the keys a layer lets its queries see: window, padding, both sides."""

import pytest
import torch
from torch import Tensor

from ingest.engine import reference, streaming
from ingest.engine.visible import VisibleKeys
from ingest.loaded_model import LoadedModel
from ingest.measure import KeyProperty, MomentTargets, RelationalTargets
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import Side, at_offset, make_padded, make_targets
from tests.ingest.engine.test_moments import make_moments
from tests.ingest.tiny_models import WINDOW, make_tiny

# Of each the projections whose silence makes all logits of the attention equal.
EVEN = {
    "mistral": "q_proj",
    "gemma2": "q_proj",
    "gemma3": "q_proj",
    "gpt_neo": "q_proj",
    "modernbert": "Wqkv",
    "bert": "self.query",
    "recurrent_gemma": "q_proj",
}


def make_even(family: str) -> LoadedModel:
    """A model whose heads spread their attention evenly over whatever they see."""
    loaded = make_tiny(family)
    for name, parameter in loaded.model.named_parameters():
        if EVEN[family] in name:
            parameter.data[: 32 if family == "modernbert" else None] = 0
    return loaded


@pytest.mark.parametrize("side", ["none", "left", "right"])
@pytest.mark.parametrize("family", EVEN)
def test_even_attention_scores_exactly_chance_in_every_layer(family: str, side: Side) -> None:
    loaded, batch = make_even(family), make_padded(21, side)
    engine = reference if family == "gpt_neo" else streaming
    targets = make_targets(batch) | make_moments(batch)
    for name, each in engine.measure(loaded, batch, targets).measurements.items():
        chance = each.chance if each.chance.ndim == 1 else each.chance[:, None]
        expected = loaded.spread(chance.expand_as(each.mass)[list(loaded.attention_layers)])
        assert torch.allclose(each.mass, expected, atol=1e-4, rtol=1e-5, equal_nan=True), name


def test_layers_with_and_without_a_window_have_their_own_chance() -> None:
    # Queries 7 … 11 see 6 keys in the windowed layer 0 and query + 1 keys in layer 1.
    batch = PromptBatch(torch.zeros(1, 12, dtype=torch.long), torch.ones(1, 12, dtype=torch.bool), has_bos=False)
    keys = torch.where(torch.arange(12) >= 7, at_offset(batch, 1), -1)[..., None]
    chance = streaming.measure(make_tiny("gemma2"), batch, {"previous": RelationalTargets(keys)}).measurements
    expected = [1 / WINDOW, sum(1 / n for n in range(8, 13)) / 5]
    assert chance["previous"].chance.flatten().tolist() == pytest.approx(expected)


def test_a_target_behind_the_window_is_no_chance() -> None:
    batch = make_padded(12, "none")
    first = KeyProperty(batch.is_first, torch.arange(12).expand(3, 12) >= WINDOW)
    far = RelationalTargets(at_offset(batch, WINDOW)[..., None])
    found = streaming.measure(make_tiny("mistral"), batch, {"first": first, "far": far}).measurements
    for each in found.values():
        assert each.chance.tolist() == [0.0] * 3
        assert (each.mass == 0).all()


def test_windows_that_hide_nothing_leave_one_chance_for_all_layers() -> None:
    batch = make_padded(WINDOW, "left")
    found = streaming.measure(make_tiny("gemma2"), batch, make_targets(batch)).measurements
    assert all(each.chance.shape == (3,) for each in found.values())


def brute(visible: Tensor, is_counted: Tensor) -> list[float]:
    """Mean entropy, distance and squared distance of even attention, from the whole matrix of visible pairs."""
    position = torch.arange(visible.shape[-1]).double()
    distance = (position[:, None] - position).abs()
    even = visible.double() / visible.sum(dim=-1, keepdim=True).clamp(min=1)
    sums = [torch.special.entr(even), even * distance, even * distance.square()]
    return [float(each.sum(dim=-1)[is_counted].mean()) for each in sums]


@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("is_causal", [True, False])
@pytest.mark.parametrize("side", ["none", "left", "right"])
def test_moments_of_even_attention_are_those_of_the_visible_pairs(
    side: Side, is_causal: bool, window: int | None
) -> None:
    is_real = make_padded(15, side).is_real
    found = VisibleKeys.within(is_real, window=window, is_causal=is_causal).even_moments(
        MomentTargets("entropy", is_real)
    )
    step = torch.arange(15)[:, None] - torch.arange(15)
    near = (step.abs() < (window or 99)) & ((step >= 0) | (not is_causal))
    for row in range(3):
        assert found[row].tolist() == pytest.approx(brute(near & is_real[row], is_real[row]))
