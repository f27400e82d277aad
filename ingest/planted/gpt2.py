"""Planted weights as a GPT-2: learned positions, LayerNorm, one key and value for each head."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.planted.embeddings import Embeddings
from ingest.planted.head_weights import LayerWeights
from ingest.planted.parameters import D_MLP, as_parameter, model_of
from ingest.planted.position_code import CONTEXT_LENGTH
from ingest.planted.residual import D_MODEL
from ingest.planted.vocabulary import BOS_ID, D_VOCAB


def gpt2_model(embeddings: Embeddings, layers: Sequence[LayerWeights]) -> GPT2LMHeadModel:
    """A language model with these weights; all biases are zero."""
    config = GPT2Config(
        architectures=["GPT2LMHeadModel"],
        vocab_size=D_VOCAB,
        n_positions=CONTEXT_LENGTH,
        n_embd=D_MODEL,
        n_layer=len(layers),
        n_head=layers[0].W_Q.shape[0],
        n_inner=D_MLP,
        tie_word_embeddings=False,
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        dtype="float32",
    )
    assert embeddings.W_pos is not None, "GPT-2 embeds positions"
    parameters = {
        "transformer.wte.weight": as_parameter(embeddings.W_E),
        "transformer.wpe.weight": as_parameter(embeddings.W_pos),
        "lm_head.weight": as_parameter(embeddings.W_U),
    }
    for i, layer in enumerate(layers):
        W_QKV = [_side_by_side(W) for W in (layer.W_Q, layer.W_K, layer.W_V)]
        parameters[f"transformer.h.{i}.attn.c_attn.weight"] = torch.cat(W_QKV, dim=1)  # [d_model, 3 * d_model]
        parameters[f"transformer.h.{i}.attn.c_proj.weight"] = as_parameter(np.concatenate(list(layer.W_O)))
    return model_of(lambda: GPT2LMHeadModel(config), parameters)


def _side_by_side(weights: Float[np.ndarray, "head d_model d_head"]) -> Float[Tensor, "d_model head*d_head"]:
    return as_parameter(np.concatenate(list(weights), axis=1))
