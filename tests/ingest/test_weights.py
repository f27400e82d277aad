"""Circuits that are entered with single vectors must be the products of matrices that they stand for."""

import pytest
import torch
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.loaded_model import LoadedModel
from ingest.weights import WeightView
from tests.ingest.tiny_models import CONFIGURATIONS, make_tiny

IDS = torch.arange(3, 13)


def rms(x: Tensor) -> Tensor:
    return x / x.pow(2).mean(dim=-1, keepdim=True).add(1e-6).sqrt()


def test_grouped_values_are_norm_times_w_v_of_the_group() -> None:
    loaded = make_tiny("llama")
    view, layer = WeightView(loaded), loaded.model.model.layers[1]
    x = view.embeddings(IDS)
    value = (rms(x) * layer.input_layernorm.weight) @ layer.self_attn.v_proj.weight.T  # two groups of 8
    found = view.values(x)[1]
    for head in range(4):
        assert torch.allclose(found[head], value[:, head // 2 * 8 : head // 2 * 8 + 8], atol=1e-5)


def test_biases_of_norm_and_values_are_left_out() -> None:
    loaded = make_tiny("gpt2")
    layer = loaded.model.transformer.h[1]
    assert layer.ln_1.bias.abs().min() > 0
    x = WeightView(loaded).embeddings(IDS)
    centred = x - x.mean(dim=-1, keepdim=True)
    normed = centred / (centred.pow(2).mean(dim=-1, keepdim=True) + 1e-5).sqrt() * layer.ln_1.weight
    value = normed @ layer.attn.c_attn.weight[:, 64:]  # queries, keys and values of 32 dimensions side by side
    found = torch.cat(list(WeightView(loaded).values(x)[1]), dim=-1)
    assert torch.allclose(found, value, atol=1e-5)


def test_the_effective_embedding_is_w_e_and_the_first_mlp_without_positions() -> None:
    loaded = make_tiny("gpt2")
    first = loaded.model.transformer.h[0]
    w_e = loaded.model.transformer.wte.weight[IDS]
    assert torch.allclose(WeightView(loaded).embeddings(IDS, after_first_mlp=False), w_e)
    assert torch.allclose(WeightView(loaded).embeddings(IDS), w_e + first.mlp(first.ln_2(w_e)), atol=1e-5)


def test_logits_read_through_the_final_norm_and_w_u() -> None:
    loaded = make_tiny("gpt2")
    view = WeightView(loaded)
    values = view.values(view.embeddings(IDS))
    written = values[0][2] @ loaded.model.transformer.h[0].attn.c_proj.weight[16:24]
    centred = written - written.mean(dim=-1, keepdim=True)
    logits = (centred * loaded.model.transformer.ln_f.weight) @ loaded.model.lm_head.weight.T
    choices = torch.tensor([[4, 50, 7]]).expand(10, 3)
    assert torch.allclose(view.logits(values, choices)[0, 2], logits[:, [4, 50, 7]], atol=1e-4)


def every_logit(view: WeightView, values: list[Tensor]) -> Tensor:
    return view.logits(values, torch.arange(view.d_vocab).expand(len(IDS), -1))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_the_top_is_that_of_all_logits(family: str, sign: int) -> None:
    view = WeightView(make_tiny(family))
    values = view.values(view.embeddings(IDS))
    tokens = torch.stack([IDS, IDS.flip(0)], dim=1)
    logits = sign * every_logit(view, values)
    goal = logits.gather(3, tokens.expand(*logits.shape[:3], 2))
    expected = (logits[..., None, :] > goal[..., None]).sum(dim=-1) < 20
    found = view.is_among_top(values, tokens, 20, sign=sign)
    assert found.any()
    assert (found == expected).float().mean() > 0.995  # a near tie may fall either way


def test_the_screen_of_a_large_vocabulary_decides_nothing_wrongly() -> None:
    view = WeightView(make_tiny("llama", vocab_size=5000))
    values = view.values(view.embeddings(IDS))
    logits = every_logit(view, values)
    best = logits.topk(3, dim=-1).indices[0, 1]  # of head L0H1, item by item
    found = view.is_among_top(values, torch.cat([best, torch.full((10, 1), 17)], dim=1), 3)
    assert found[0, 1, :, :3].all()
    assert torch.equal(found[0, 1, :, 3], (best == 17).any(dim=1))


def test_a_silent_head_has_no_token_among_its_top() -> None:
    loaded = make_tiny("llama")
    with torch.no_grad():
        loaded.model.model.layers[0].self_attn.o_proj.weight[:, :8] = 0
    view = WeightView(loaded)
    found = view.is_among_top(view.values(view.embeddings(IDS)), IDS[:, None], 20)
    assert not found[0, 0].any()


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "qwen3"])
def test_queries_times_keys_are_the_attention_logits_of_a_prompt_at_one_position(family: str) -> None:
    loaded = make_tiny(family)
    view = WeightView(loaded)
    x = view.embeddings(IDS)
    query, key = view.queries_and_keys(x, x)[1]
    logits = query @ key.transpose(1, 2)
    assert logits.shape == (4, 10, 10)
    # The same vectors in other company give the same logits.
    fewer, same = view.queries_and_keys(x[:3], x[5:])[1]
    assert torch.allclose(fewer @ same.transpose(1, 2), logits[:, :3, 5:], atol=1e-4)
    assert logits.std() > 0


def test_grouped_keys_are_norm_times_w_k_of_the_group() -> None:
    loaded = make_tiny("llama")
    layer = loaded.model.model.layers[0]
    view = WeightView(loaded)
    x = view.embeddings(IDS)
    normed = rms(x) * layer.input_layernorm.weight
    query = normed @ layer.self_attn.q_proj.weight[24:32].T / 8**0.5  # head 3
    key = normed @ layer.self_attn.k_proj.weight[8:16].T  # its group, 1
    found = view.queries_and_keys(x, x)[0]
    assert torch.allclose(found[0][3] @ found[1][3].T, query @ key.T, atol=1e-4)


def test_many_items_are_cut_into_passes_without_a_trace() -> None:
    loaded = make_tiny("gpt_neox", vocab_size=700)
    view = WeightView(loaded)
    ids = torch.arange(600)
    x = view.embeddings(ids)
    assert torch.allclose(view.values(x)[1][:, -5:], view.values(x[-5:])[1], atol=1e-5)


def test_a_sample_has_no_special_token_and_is_the_same_twice() -> None:
    view = WeightView(make_tiny("llama"))
    sample = view.sample_tokens(50, "test")
    assert torch.equal(sample, view.sample_tokens(50, "test"))
    assert 0 not in sample  # BOS
    assert len(set(sample.tolist())) == 50
    assert len(view.sample_tokens(1000, "test")) == 96


def test_words_need_a_tokenizer() -> None:
    loaded: LoadedModel = make_tiny("llama")
    with pytest.raises(NoTargetError, match="without a tokenizer"):
        WeightView(loaded).token_id("Paris")
