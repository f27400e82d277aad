"""Hooks that fire and heads that write, told from those that do not."""

import pytest
import torch

from catalog.notation import HeadRef
from ingest import liveness
from ingest.architectures.parts import W_O, output_projections
from ingest.engine.forward import forward
from tests.ingest.engine.padded import make_padded
from tests.ingest.tiny_models import CONFIGURATIONS, make_tiny

BATCH = make_padded(12, "left")


def silence(loaded, layer: int, head: int) -> None:
    """Let a head write nothing: its rows of W_O become zero."""
    projection = output_projections(loaded)[layer]
    width = loaded.d_head
    rows = projection.weight.T if isinstance(projection, torch.nn.Linear) else projection.weight
    rows[head * width : (head + 1) * width] = 0


@pytest.mark.parametrize("family", sorted(CONFIGURATIONS))
def test_random_models_of_every_family_are_live(family: str) -> None:
    found = liveness.check(make_tiny(family), BATCH)
    assert found.is_live
    assert found.n_captures == found.n_layers == 2


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gptj"])
def test_head_that_writes_nothing_is_found(family: str) -> None:
    loaded = make_tiny(family)
    silence(loaded, 1, 2)
    share = liveness.head_output_share(loaded, BATCH)
    assert share.shape == (2, 4)
    assert share[1, 2] == 0
    assert (share.flatten() > 0.01).sum() == 7
    assert not liveness.check(loaded, BATCH, HeadRef(1, 2)).is_live
    assert liveness.check(loaded, BATCH, HeadRef(1, 1)).is_live


def test_model_whose_logits_never_move_is_not_live() -> None:
    loaded = make_tiny("llama")
    loaded.model.lm_head.weight.zero_()
    assert not liveness.check(loaded, BATCH).is_live


def test_perturbation_is_gone_afterwards() -> None:
    loaded = make_tiny("gptj")
    before = forward(loaded, BATCH.tokens, BATCH.is_real, with_logits=True).logits
    liveness.check(loaded, BATCH)
    liveness.head_output_share(loaded, BATCH)
    assert forward(loaded, BATCH.tokens, BATCH.is_real, with_logits=True).logits.equal(before)


def test_share_is_the_norm_of_what_a_head_writes_over_that_of_the_stream() -> None:
    loaded = make_tiny("llama")
    seen = {}
    output_projections(loaded)[0].register_forward_hook(lambda _, given, __: seen.update(z=given[0]))
    embedded = loaded.model.get_input_embeddings()(BATCH.tokens)
    forward(loaded, BATCH.tokens, BATCH.is_real)
    written = torch.einsum("bphd,hdm->bphm", seen["z"].reshape(3, 12, 4, 8), W_O(loaded)[0])
    real = BATCH.is_real
    expected = written.norm(dim=-1)[real].mean(dim=0) / embedded.norm(dim=-1)[real].mean()
    assert torch.allclose(liveness.head_output_share(loaded, BATCH)[0], expected, rtol=1e-4)


def test_norm_after_attention_is_part_of_the_share() -> None:
    # The norm makes any output as long as its weights say: larger values leave the share as it is, doubled weights not.
    loaded = make_tiny("olmo2")
    share = liveness.head_output_share(loaded, BATCH)[0]
    loaded.model.model.layers[0].self_attn.o_proj.weight.mul_(7)
    assert torch.allclose(liveness.head_output_share(loaded, BATCH)[0], share, rtol=1e-3)
    loaded.model.model.layers[0].post_attention_layernorm.weight.mul_(2)
    assert torch.allclose(liveness.head_output_share(loaded, BATCH)[0], 2 * share, rtol=1e-3)
