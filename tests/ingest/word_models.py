"""A language model of one layer whose heads map words to words as we say: weights by hand, a token for each word.

Llama-shaped, with grouped values: two query heads share one. Each word has its own direction on the way in and another
on the way out; the values of a head are the incoming direction of the attended word, and W_O turns each into the
outgoing direction of another word, with a sign. The MLP is zero and W_U is not tied, so the answer is on paper.
"""

from collections.abc import Mapping, Sequence

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model

Circuit = Mapping[str, str]
"""What a head raises, by the word that it attends to."""


def make_word_model(words: Sequence[str], heads: Sequence[tuple[Circuit, float]]) -> LoadedModel:
    """One layer, four heads at most; each is a circuit and its sign, ±1, or 0 for a head that writes nothing."""
    ids = {word: i for i, word in enumerate(["<s>", "<unk>", *words])}
    n, n_heads = len(ids), 4
    width = n + n % 2  # a head's width must be even, and the model's a multiple of four
    config = LlamaConfig(
        vocab_size=n, hidden_size=2 * width, intermediate_size=8, num_hidden_layers=1, num_attention_heads=n_heads,
        num_key_value_heads=2, head_dim=width, max_position_embeddings=64, bos_token_id=0, eos_token_id=0,
        tie_word_embeddings=False, pad_token_id=None,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    incoming, outgoing = torch.eye(n, 2 * width), torch.eye(2 * width)[width : width + n]
    to_head = torch.eye(n, config.head_dim)
    layer = model.model.layers[0]
    with torch.no_grad():
        for parameter in (layer.mlp.down_proj.weight, layer.self_attn.q_proj.weight):
            parameter.zero_()
        model.model.embed_tokens.weight.copy_(incoming)
        model.lm_head.weight.copy_(outgoing)
        read = incoming.T @ to_head  # [d_model, d_head]: the attended word
        for projection in (layer.self_attn.v_proj, layer.self_attn.k_proj):
            projection.weight.copy_(torch.cat([read.T, read.T]))
        layer.self_attn.o_proj.weight.zero_()
        for head, (circuit, sign) in enumerate(heads):
            W_O = to_head.T @ (sign * _word_map(circuit, ids)) @ outgoing
            layer.self_attn.o_proj.weight[:, head * config.head_dim : (head + 1) * config.head_dim] = W_O.T
    return wrap_language_model(
        model, _tokenizer(ids), hub_id="tiny/words", revision="sha256:" + "0" * 64, weights_sha256="0" * 64
    )


def look_for_predicted(loaded: LoadedModel, head: int, sharpness: float = 20.0) -> None:
    """Let the queries of a head look for the word that the residual stream predicts."""
    attention = loaded.model.model.layers[0].self_attn
    d_head, n = attention.head_dim, loaded.d_vocab
    outgoing = torch.eye(2 * d_head)[d_head : d_head + n]
    with torch.no_grad():
        attention.q_proj.weight[head * d_head : (head + 1) * d_head] = sharpness * torch.eye(n, d_head).T @ outgoing


def _word_map(circuit: Circuit, ids: Mapping[str, int]) -> Tensor:
    found = torch.zeros(len(ids), len(ids))
    for source, target in circuit.items():
        found[ids[source], ids[target]] = 1.0
    return found


def _tokenizer(ids: Mapping[str, int]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel(dict(ids), unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", unk_token="<unk>")
