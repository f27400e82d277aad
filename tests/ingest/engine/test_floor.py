"""Targets with a floor, and targets that count queries without a key: both engines, and even attention."""

import pytest
import torch

from ingest.engine import reference, streaming
from ingest.engine.visible import VisibleKeys
from ingest.errors import DetectorDefinitionError
from ingest.measure import NO_KEY, RelationalTargets, previous_positions
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import make_padded
from tests.ingest.tiny_models import make_tiny

FLOOR = 0.1


def previous(batch: PromptBatch, floor: float = 0.0) -> RelationalTargets:
    keys = previous_positions(batch.tokens.shape[1], offset=1).expand_as(batch.tokens)
    is_counted = batch.is_real & ~batch.is_first
    return RelationalTargets(torch.where(is_counted, keys, NO_KEY).unsqueeze(-1), floor=floor)


@pytest.mark.parametrize("side", ["none", "left", "right"])
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_both_engines_drop_attention_below_the_floor(family: str, side) -> None:
    loaded, batch = make_tiny(family), make_padded(40, side)
    targets = {"bare": previous(batch), "floored": previous(batch, FLOOR)}
    fast, slow = (
        engine.measure(loaded, batch, targets, batch_size=2).measurements for engine in (streaming, reference)
    )
    has_queries = batch.is_real.sum(dim=-1) > 1
    for name in targets:
        assert (fast[name].mass - slow[name].mass)[..., has_queries].abs().max() < 1e-4
    # Each pair loses less than the floor, so a mean loses less too; random heads lose something.
    lost = (slow["bare"].mass - slow["floored"].mass)[..., has_queries]
    assert (lost >= 0).all()
    assert (lost < FLOOR).all()
    assert lost.max() > 0.01


@pytest.mark.parametrize("engine", [streaming, reference])
def test_queries_without_a_key_count_as_nothing(engine) -> None:
    loaded, batch = make_tiny("llama"), make_padded(12, "right")
    bare = previous(batch)
    among_all = RelationalTargets(bare.keys, counted=batch.is_real)
    found = engine.measure(loaded, batch, {"bare": bare, "among_all": among_all}).measurements
    n_real = batch.is_real.sum(dim=-1)
    assert found["among_all"].n_counted.tolist() == n_real.tolist()
    # Every real query but the first has the key, so the mean shrinks by (n - 1) / n.
    expected = found["bare"].mass * (n_real - 1) / n_real
    assert n_real.tolist() == [7, 1, 12]
    assert torch.allclose(found["among_all"].mass[..., n_real > 1], expected.float()[..., n_real > 1], atol=1e-6)
    assert (found["among_all"].mass[..., n_real == 1] == 0).all()


def test_even_attention_loses_to_the_floor_where_many_keys_are_visible() -> None:
    batch = PromptBatch(torch.arange(20)[None], torch.ones(1, 20, dtype=torch.bool), has_bos=False)
    # Query i sees i + 1 keys: 1 / (i + 1) >= 0.1 for queries 1 … 9, and (H(10) - 1) / 19 = 0.1015.
    found = VisibleKeys.within(batch.is_real, window=None, is_causal=True).even_mass(previous(batch, FLOOR))
    assert found.tolist() == pytest.approx([(sum(1 / n for n in range(2, 11))) / 19])


@pytest.mark.parametrize("floor", [-0.1, 1.0])
def test_a_floor_outside_the_range_of_attention_is_refused(floor: float) -> None:
    batch = make_padded(5, "none")
    with pytest.raises(DetectorDefinitionError, match="floor"):
        streaming.measure(make_tiny("llama"), batch, {"previous": previous(batch, floor)})


def test_a_key_of_a_query_that_does_not_count_is_refused() -> None:
    batch = make_padded(5, "none")
    targets = RelationalTargets(previous(batch).keys, counted=torch.zeros_like(batch.is_real))
    with pytest.raises(DetectorDefinitionError, match="does not count"):
        streaming.measure(make_tiny("llama"), batch, {"previous": targets})
