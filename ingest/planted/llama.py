"""Planted weights as a Llama: rotary positions, RMSNorm, two query heads on each key-value group, no biases."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from ingest.planted.embeddings import Embeddings
from ingest.planted.head_weights import D_HEAD, LayerWeights
from ingest.planted.parameters import D_MLP, as_parameter, model_of
from ingest.planted.position_code import CONTEXT_LENGTH, ROPE_BASE
from ingest.planted.residual import D_MODEL
from ingest.planted.vocabulary import BOS_ID, D_VOCAB


def llama_model(embeddings: Embeddings, layers: Sequence[LayerWeights]) -> LlamaForCausalLM:
    """A language model with these weights."""
    config = LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=D_VOCAB,
        hidden_size=D_MODEL,
        intermediate_size=D_MLP,
        num_hidden_layers=len(layers),
        num_attention_heads=layers[0].W_Q.shape[0],
        num_key_value_heads=layers[0].W_K.shape[0],
        head_dim=D_HEAD,
        max_position_embeddings=CONTEXT_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_BASE},
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        dtype="float32",
    )
    parameters = {"model.embed_tokens.weight": as_parameter(embeddings.W_E)}
    parameters["lm_head.weight"] = as_parameter(embeddings.W_U)
    for i, layer in enumerate(layers):
        attention = f"model.layers.{i}.self_attn"
        parameters[f"{attention}.q_proj.weight"] = _stacked(layer.W_Q)
        parameters[f"{attention}.k_proj.weight"] = _stacked(layer.W_K)
        parameters[f"{attention}.v_proj.weight"] = _stacked(layer.W_V)
        parameters[f"{attention}.o_proj.weight"] = as_parameter(np.concatenate(list(layer.W_O)).T)
    return model_of(lambda: LlamaForCausalLM(config), parameters)


def _stacked(weights: Float[np.ndarray, "head d_model d_head"]) -> Float[Tensor, "head*d_head d_model"]:
    """Linear layers hold the transposed matrix."""
    return as_parameter(np.concatenate([W.T for W in weights]))
