"""Moments of attention: streamed against full patterns, and against values worked out by hand."""

import math
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ingest.engine import choose, reference, streaming
from ingest.engine.kernels import AttentionCall
from ingest.engine.mask import make_key_mask
from ingest.engine.moments import MomentPlan
from ingest.errors import DetectorDefinitionError
from ingest.loaded_model import LoadedModel
from ingest.measure import AttentionTargets, MomentTargets
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import Side, make_padded, make_targets
from tests.ingest.engine.test_agreement import chance_difference
from tests.ingest.tiny_models import STREAMED, make_tiny

TOLERANCE = 1e-4


def make_moments(batch: PromptBatch) -> dict[str, AttentionTargets]:
    """Every moment over all real queries, and one over some of them."""
    some = batch.is_real & (torch.arange(batch.tokens.shape[1]) % 3 == 0)
    return {
        "entropy": MomentTargets("entropy", batch.is_real),
        "distance": MomentTargets("distance", batch.is_real),
        "squared": MomentTargets("squared_distance", batch.is_real),
        "variance": MomentTargets("distance_variance", batch.is_real),
        "some": MomentTargets("entropy", some),
        "nothing": MomentTargets("distance", torch.zeros_like(some)),
    }


def difference(loaded: LoadedModel, batch: PromptBatch, targets: dict[str, AttentionTargets]) -> float:
    """Largest difference, relative where the value is above 1: squared distances grow with the square of the length."""
    fast = streaming.measure(loaded, batch, targets, batch_size=2).measurements
    slow = reference.measure(loaded, batch, targets, batch_size=2).measurements
    found = 0.0
    for name, expected in slow.items():
        assert fast[name].mass.isnan().equal(expected.mass.isnan())
        found = max(found, chance_difference(fast[name], expected))
        off = (fast[name].mass - expected.mass).abs() / expected.mass.abs().clamp(min=1)
        found = max(found, float(off.nan_to_num().max()))
    return found


@pytest.mark.parametrize("side", ["none", "left", "right"])
@pytest.mark.parametrize("length", [1, 7, 40, 300])
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gpt_oss"])
def test_streamed_moments_equal_those_of_full_patterns(family: str, length: int, side: Side) -> None:
    batch = make_padded(length, side)
    assert difference(make_tiny(family), batch, make_moments(batch)) < TOLERANCE


@pytest.mark.parametrize("family", [name for name in STREAMED if name not in ("gpt2", "llama", "gemma2", "gpt_oss")])
def test_streamed_moments_equal_those_of_full_patterns_in_every_family(family: str) -> None:
    batch = make_padded(40, "left")
    assert difference(make_tiny(family), batch, make_moments(batch)) < TOLERANCE


def test_masses_measured_with_moments_equal_those_measured_alone() -> None:
    loaded, batch = make_tiny("llama"), make_padded(40, "right")
    masses: dict[str, AttentionTargets] = {**make_targets(batch)}
    alone = streaming.measure(loaded, batch, masses).measurements
    together = streaming.measure(loaded, batch, masses | make_moments(batch)).measurements
    for name in masses:
        assert torch.allclose(together[name].mass, alone[name].mass, atol=1e-6, equal_nan=True)


def test_a_family_that_ignores_the_interface_is_read_off_its_patterns() -> None:
    batch = make_padded(12, "right")
    result = choose.measure(make_tiny("gptj"), batch, make_moments(batch))
    assert result.attention_path == "reference"
    assert bool(result.measurements["entropy"].mass.isfinite().all())


def test_uniform_attention_has_the_moments_that_chance_states() -> None:
    # Zero queries attend evenly. For 4 tokens: entropy (0 + ln 2 + ln 3 + ln 4) / 4, distance (0 + 0.5 + 1 + 1.5) / 4,
    # squared distance (0 + 0.5 + 5/3 + 3.5) / 4.
    loaded = make_tiny("llama")
    with torch.no_grad():
        for layer in loaded.model.base_model.layers:
            layer.self_attn.q_proj.weight.zero_()
    batch = PromptBatch(torch.arange(4)[None], torch.ones(1, 4, dtype=torch.bool), has_bos=False)
    found = streaming.measure(loaded, batch, make_moments(batch)).measurements
    expected = {
        "entropy": math.log(24) / 4,
        "distance": 0.75,
        "squared": (0.5 + 5 / 3 + 3.5) / 4,
        "variance": (0.5 + 5 / 3 + 3.5) / 4 - 0.75**2,
    }
    for name, value in expected.items():
        assert float(found[name].chance[0]) == pytest.approx(value)
        assert found[name].mass.flatten().tolist() == pytest.approx([value] * found[name].mass.numel(), abs=1e-6)


def test_a_previous_token_head_keeps_its_distance_far_from_the_start() -> None:
    # Expanded into powers of positions, 2,048 * 2,048 would leave nothing of a squared distance of 1 in float32.
    n_pos = 2048
    codes = torch.randn(n_pos, 64, generator=torch.Generator().manual_seed(0)).sign()
    call = AttentionCall(
        layer=0,
        query=100 * codes.roll(1, dims=0)[None, None],  # the code of the position before; codes agree on 64 or on half
        key=codes[None, None],
        value=codes[None, None],
        mask=make_key_mask(q_length=n_pos, kv_length=n_pos, mask_function=lambda batch, head, query, key: key <= query),
        bias=None,
        scale=1.0,
        softcap=None,
        sinks=None,
    )
    is_counted = torch.arange(n_pos)[None] > 0
    plan = MomentPlan({"all": MomentTargets("entropy", is_counted)}, torch.device("cpu"))
    entropy, distance, squared = plan.attend(call)[1]["all"][0, 0].tolist()
    assert (entropy, distance, squared) == pytest.approx((0.0, 2047.0, 2047.0), abs=1e-3)


class LargestTensor(TorchDispatchMode):
    """Remembers the number of elements of the largest tensor that any operation returned."""

    n_elements = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, torch.Tensor):
                self.n_elements = max(self.n_elements, tensor.numel())
        return result


def test_no_tensor_of_a_pass_holds_a_pattern() -> None:
    n_pos = 4096
    loaded = make_tiny("llama", num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=n_pos)
    batch = make_padded(n_pos, "none", n_prompts=1)
    with LargestTensor() as largest:
        streaming.measure(loaded, batch, {"entropy": MomentTargets("entropy", batch.is_real)})
    # A pattern has 2**24 elements for each head, a block of queries 2**20 for all of them.
    assert 2 * n_pos <= largest.n_elements <= 2**20


def test_queries_on_padding_are_refused() -> None:
    batch = make_padded(8, "right")
    with pytest.raises(DetectorDefinitionError, match="padding"):
        streaming.measure(make_tiny("gpt2"), batch, {"wrong": MomentTargets("entropy", torch.ones_like(batch.is_real))})
