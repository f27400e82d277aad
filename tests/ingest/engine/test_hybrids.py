"""Hybrids: layers without attention have no heads, and the others keep their place among all layers."""

import pytest
import torch

from ingest import liveness
from ingest.decoding import decode
from ingest.engine import choose, reference, streaming
from ingest.engine.capture import count_captures
from ingest.errors import UnsupportedArchitectureError
from ingest.loaded_model import LoadedModel
from ingest.measure import LogitTargets
from ingest.prompts.batch import PromptBatch
from ingest.weights import WeightView
from tests.ingest.engine.padded import Side, make_padded, make_targets
from tests.ingest.engine.test_agreement import TOLERANCE, difference
from tests.ingest.engine.test_moments import make_moments
from tests.ingest.tiny_models import HYBRIDS, make_tiny

WITH_W_O = [family for family in HYBRIDS if family != "zamba2"]


@pytest.fixture(scope="module")
def models() -> dict[str, LoadedModel]:
    return {family: make_tiny(family) for family in HYBRIDS}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", HYBRIDS)
def test_streaming_equals_full_patterns(models: dict[str, LoadedModel], family: str, side: Side) -> None:
    batch = make_padded(20, side)
    targets = make_targets(batch) | make_moments(batch)
    fast, slow = (engine.measure(models[family], batch, targets, batch_size=2) for engine in (streaming, reference))
    assert difference(fast, slow) < TOLERANCE
    for each in (fast, slow):
        mass = each.measurements["all_tokens"].mass
        assert mass.shape == (4, 4, 3)
        assert mass.isnan().all(dim=(1, 2)).tolist() == [True, False, True, False]
        assert torch.allclose(mass[[1, 3]], torch.tensor(1.0), atol=1e-5)


@pytest.mark.parametrize("family", HYBRIDS)
def test_layers_keep_their_place(models: dict[str, LoadedModel], family: str) -> None:
    loaded = models[family]
    assert (loaded.n_layers, loaded.attention_layers, count_captures(loaded)) == (4, (1, 3), 2)
    assert [loaded.why_no_head(layer) is None for layer in range(4)] == [False, True, False, True]
    assert "Layer 2 of this" in str(loaded.why_no_head(2))


@pytest.mark.parametrize("family", HYBRIDS)
def test_hybrids_are_live(models: dict[str, LoadedModel], family: str) -> None:
    found = liveness.check(models[family], make_padded(12, "right"))
    assert found.is_live
    assert found.n_captures == found.n_layers == 2
    assert found.head.layer in (1, 3)


@pytest.mark.parametrize("family", WITH_W_O)
def test_what_heads_write_is_known_where_there_are_heads(models: dict[str, LoadedModel], family: str) -> None:
    loaded, batch = models[family], make_padded(12, "none")
    share = liveness.head_output_share(loaded, batch)
    assert share.isnan().any(dim=1).tolist() == [True, False, True, False]
    assert (share[[1, 3]] > 0.001).all()
    goal = LogitTargets(batch.tokens, batch.is_real)
    ranked = choose.measure(loaded, batch, {"goal": goal}).measurements["goal"].mass
    assert ranked.isnan().any(dim=(1, 2)).tolist() == [True, False, True, False]


def test_a_silenced_head_is_found_at_its_true_place() -> None:
    loaded = make_tiny("jamba")
    loaded.model.model.layers[3].self_attn.o_proj.weight.data[:, 8:16] = 0
    share = liveness.head_output_share(loaded, make_padded(12, "none"))
    assert (share == 0).nonzero().tolist() == [[3, 1]]


@pytest.mark.parametrize("family", ["jamba", "lfm2", "qwen3_next", "recurrent_gemma"])
def test_decoding_with_a_cache_sees_what_reading_the_same_text_at_once_sees(
    models: dict[str, LoadedModel], family: str
) -> None:
    loaded, batch, n_steps = models[family], make_padded(9, "none"), 4
    trace = decode(loaded, batch, n_steps)
    read = PromptBatch(trace.context[:, :-1], torch.ones(3, 12, dtype=torch.bool), has_bos=False)
    patterns = torch.stack(reference.patterns(loaded, read), dim=1)  # [batch, attending layer, head, query, key]
    expected = patterns[:, :, :, 8:].argmax(dim=-1).permute(0, 3, 1, 2)
    assert trace.top_key.equal(expected)


def test_weights_are_not_read_where_the_first_layer_mixes_tokens(models: dict[str, LoadedModel]) -> None:
    view = WeightView(models["lfm2"])
    with pytest.raises(UnsupportedArchitectureError, match="first layer of this lfm2 model has no attention"):
        view.embeddings(torch.arange(3))
