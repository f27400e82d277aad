"""The table of families: every row finds its parts, and z @ W_O is what attention writes."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

from ingest.architectures.encoders import is_encoder
from ingest.architectures.families import FAMILIES
from ingest.architectures.parts import W_O, layers, norms_after_attention, output_projections
from ingest.architectures.shape import UNBOUNDED_CONTEXT, read_shape
from ingest.engine.forward import forward
from ingest.errors import UnsupportedArchitectureError
from ingest.loading import wrap_language_model
from tests.ingest.tiny_models import (
    CONFIGURATIONS,
    CONTEXT_LENGTH,
    D_VOCAB,
    ENCODERS,
    HYBRIDS,
    make_config,
    make_tiny,
)

KNOWN = CONFIGURATIONS | ENCODERS | HYBRIDS
# Sizes under every name that a family of the table gives them; a configuration ignores the names that it has not.
SIZES = {
    "vocab_size": D_VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "pad_token_id": None,
    "num_experts": 2,
    "num_experts_per_tok": 1,
    "num_local_experts": 2,
}
SIZES_OF = {
    "mpt": {"d_model": 32, "n_heads": 4, "n_layers": 2, "vocab_size": D_VOCAB},
    "codegen": {"n_embd": 32, "n_head": 4, "n_layer": 2, "rotary_dim": 4, "vocab_size": D_VOCAB},
}


def make_on_meta(family: str):
    """A tiny model of any family of the table, without weights."""
    if family in KNOWN:
        config = make_config(family)
    else:
        name = "gemma3_text" if family == "gemma3_text" else family
        config = AutoConfig.for_model(name, **SIZES_OF.get(family, SIZES))
    loader = AutoModelForMaskedLM if is_encoder(config) else AutoModelForCausalLM
    with torch.device("meta"):
        model = loader.from_config(config)
    return wrap_language_model(model, None, hub_id=family, revision="none", weights_sha256="0" * 64)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_row_of_the_table_finds_its_parts(family: str) -> None:
    loaded = make_on_meta(family)
    assert len(layers(loaded)) == len(output_projections(loaded)) == len(loaded.attention_layers)
    for weights in W_O(loaded):
        assert weights.shape == (loaded.n_heads, loaded.d_head, loaded.d_model)
    has_norm = FAMILIES[family].norm_after_attention is not None
    assert [norm is not None for norm in norms_after_attention(loaded)] == [has_norm] * len(layers(loaded))


@pytest.mark.parametrize("family", sorted(KNOWN.keys() & FAMILIES.keys()))
def test_heads_and_bias_add_up_to_what_attention_writes(family: str) -> None:
    loaded = make_tiny(family)
    seen = []
    for projection in output_projections(loaded):
        projection.register_forward_hook(lambda _, given, output: seen.append((given[0], output)))
    tokens = torch.arange(10).reshape(2, 5)
    with torch.no_grad():
        forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
    for (z, written), weights, projection in zip(seen, W_O(loaded), output_projections(loaded), strict=True):
        by_head = z.reshape(2, 5, loaded.n_heads, loaded.d_head)
        heads = torch.einsum("bphd,hdm->bphm", by_head, weights)
        bias = 0 if projection.bias is None else projection.bias
        assert torch.allclose(heads.sum(dim=2) + bias, written, atol=1e-5)


@pytest.mark.parametrize(
    ("family", "n_kv_heads", "context_length"),
    [
        ("gpt2", 4, CONTEXT_LENGTH),
        ("llama", 2, CONTEXT_LENGTH),
        ("gpt_bigcode", 1, CONTEXT_LENGTH),
        ("falcon", 1, CONTEXT_LENGTH),
        ("bloom", 4, UNBOUNDED_CONTEXT),
    ],
)
def test_shape_is_read_under_every_name(family: str, n_kv_heads: int, context_length: int) -> None:
    shape = read_shape(make_config(family))
    assert (shape.n_layers, shape.n_heads, shape.n_kv_heads) == (2, 4, n_kv_heads)
    assert (shape.d_model, shape.d_head, shape.d_vocab) == (32, 8, D_VOCAB)
    assert shape.context_length == context_length


def test_family_without_a_row_is_refused_by_name() -> None:
    loaded = make_tiny("llama")
    unknown = wrap_language_model(loaded.model, None, hub_id="x", revision="y", weights_sha256="0" * 64)
    object.__setattr__(unknown, "architecture", "unheard_of")
    with pytest.raises(UnsupportedArchitectureError, match="unheard_of"):
        W_O(unknown)
