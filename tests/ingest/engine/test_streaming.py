"""What must hold of measured masses whatever the model: sums, invariances, memory, nothing left behind."""

import hashlib
from dataclasses import fields

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ingest.engine import reference, streaming
from ingest.engine.capture import IMPLEMENTATION, count_captures
from ingest.loaded_model import LoadedModel
from ingest.measure import NO_KEY, KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import at_offset, make_padded, make_targets
from tests.ingest.tiny_models import IGNORING, STREAMED, make_tiny


class LargestTensor(TorchDispatchMode):
    """Elements of the largest tensor that any operation returned."""

    n_elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor) and leaf.layout == torch.strided:
                self.n_elements = max(self.n_elements, leaf.numel())
        return result


def largest_tensor(engine, loaded: LoadedModel, length: int) -> int:
    batch = make_padded(length, "left", n_prompts=2)
    targets = make_targets(batch)
    count_captures(loaded)
    with LargestTensor() as seen:
        engine.measure(loaded, batch, targets)
    return seen.n_elements


# At both lengths a block holds as many queries as it may, so its size shows how it grows with the keys.
@pytest.mark.parametrize("family", ["gpt2", "llama", "mistral", "gemma2", "gpt_oss"])
def test_memory_grows_linearly_with_length(family: str) -> None:
    loaded = make_tiny(family)
    short, long = (largest_tensor(streaming, loaded, length) for length in (256, 512))
    assert long <= 2 * short
    assert long < 2 * loaded.n_heads * 512 * 512 / 3


def test_full_patterns_would_be_noticed() -> None:
    loaded = make_tiny("llama")
    short, long = (largest_tensor(reference, loaded, length) for length in (256, 512))
    assert long == 4 * short == 2 * loaded.n_heads * 512 * 512


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "phi3"])
def test_masses_on_all_keys_sum_to_one(family: str) -> None:
    batch = make_padded(9, "left")
    targets: dict[str, Targets] = {
        str(offset): RelationalTargets(at_offset(batch, offset)[..., None]) for offset in range(9)
    }
    measured = streaming.measure(make_tiny(family), batch, targets).measurements.values()
    # A mean over the queries that have a key at the offset, times their number, is a sum; all offsets make the row.
    total = sum((each.mass * each.n_counted).nan_to_num() for each in measured)
    assert torch.allclose(total, batch.is_real.sum(dim=-1).float().expand_as(total), atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_uniform_attention_scores_exactly_chance(family: str, side) -> None:
    loaded = make_tiny(family)
    for name, parameter in loaded.model.named_parameters():
        if "c_attn" in name or "q_proj" in name:
            parameter.zero_()  # no query, no preference
    batch = make_padded(21, side)
    for name, each in streaming.measure(loaded, batch, make_targets(batch)).measurements.items():
        expected = each.chance.expand_as(each.mass)
        assert torch.allclose(each.mass, expected, atol=1e-6, equal_nan=True), name


def test_repeating_the_batch_changes_nothing() -> None:
    loaded, batch = make_tiny("llama"), make_padded(33, "left")
    twice = PromptBatch(batch.tokens.repeat(2, 1), batch.is_real.repeat(2, 1), batch.has_bos)
    once = streaming.measure(loaded, batch, make_targets(batch)).measurements
    again = streaming.measure(loaded, twice, {name: repeated(target) for name, target in make_targets(batch).items()})
    for name, each in once.items():
        assert torch.allclose(again.measurements[name].mass, each.mass.repeat(1, 1, 2), atol=1e-6, equal_nan=True)


def repeated(target: Targets) -> Targets:
    if isinstance(target, RelationalTargets):
        return RelationalTargets(target.keys.repeat(2, 1, 1))
    return KeyProperty(target.is_target.repeat(2, 1), target.is_counted.repeat(2, 1))


def test_batch_size_changes_nothing() -> None:
    loaded, batch = make_tiny("gemma2"), make_padded(33, "right", n_prompts=5)
    one, all_at_once = (
        streaming.measure(loaded, batch, make_targets(batch), batch_size=n).measurements for n in (1, 5)
    )
    for name, each in one.items():
        assert torch.allclose(each.mass, all_at_once[name].mass, atol=1e-6, equal_nan=True)


def test_targets_do_not_disturb_each_other() -> None:
    loaded, batch = make_tiny("llama"), make_padded(33, "left")
    targets = make_targets(batch)
    together = streaming.measure(loaded, batch, targets).measurements
    for name, target in targets.items():
        alone = streaming.measure(loaded, batch, {name: target}).measurements[name]
        assert torch.allclose(alone.mass, together[name].mass, atol=1e-6, equal_nan=True)


def test_large_scans_work_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, batch = make_tiny("llama", num_key_value_heads=4), make_padded(33, "left")
    whole = streaming.measure(loaded, batch, make_targets(batch)).measurements
    monkeypatch.setattr("ingest.engine.pairs._STEP_ELEMENTS", 1)
    monkeypatch.setattr("ingest.engine.properties._BLOCK_QUERIES", 4)
    monkeypatch.setattr("ingest.engine.kernels._BLOCK_QUERIES", 4)
    stepped = streaming.measure(loaded, batch, make_targets(batch)).measurements
    for name, each in whole.items():
        assert torch.allclose(each.mass, stepped[name].mass, atol=1e-6, equal_nan=True)


def digest(loaded: LoadedModel, batch: PromptBatch, targets: dict[str, Targets]) -> str:
    seen = hashlib.sha256(batch.sha256.encode())
    for tensor in loaded.model.state_dict().values():
        seen.update(tensor.numpy().tobytes())
    for target in targets.values():
        for field in fields(target):
            value = getattr(target, field.name)
            seen.update(value.numpy().tobytes() if isinstance(value, torch.Tensor) else str(value).encode())
    return seen.hexdigest()


def test_input_and_model_are_left_untouched() -> None:
    loaded, batch = make_tiny("llama"), make_padded(33, "left")
    targets = make_targets(batch)
    before, implementation = digest(loaded, batch, targets), loaded.model.config._attn_implementation
    streaming.measure(loaded, batch, targets)
    assert digest(loaded, batch, targets) == before
    assert loaded.model.config._attn_implementation == implementation != IMPLEMENTATION


def test_not_counted_is_nan_and_counted_without_target_is_zero() -> None:
    batch = make_padded(12, "none")
    measured = streaming.measure(make_tiny("llama"), batch, make_targets(batch)).measurements
    assert measured["nothing_counts"].mass.isnan().all()
    assert measured["nothing_counts"].chance.isnan().all()
    assert (measured["no_target"].mass == 0).all()
    assert (measured["no_target"].chance == 0).all()


def test_chance_counts_real_keys_only() -> None:
    # Left padding of one: queries 2 and 3 see two and three real keys, and their previous token is one of them.
    batch = PromptBatch(torch.zeros(1, 4, dtype=torch.long), torch.tensor([[False, True, True, True]]), False)
    keys = torch.tensor([[[NO_KEY], [NO_KEY], [1], [2]]])
    measured = streaming.measure(make_tiny("gpt2"), batch, {"previous": RelationalTargets(keys)})
    assert measured.measurements["previous"].n_counted.tolist() == [2]
    assert measured.measurements["previous"].chance.item() == pytest.approx((1 / 2 + 1 / 3) / 2)


@pytest.mark.parametrize(("families", "n_captures"), [(STREAMED, 2), (IGNORING, 0)])
def test_captures_are_counted(families: tuple[str, ...], n_captures: int) -> None:
    assert {family: count_captures(make_tiny(family)) for family in families} == dict.fromkeys(families, n_captures)
