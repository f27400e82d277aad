"""Shape of the reference language model: a small GPT-2 whose linear maps have no biases."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.reference.tokenizer import BOS_ID

CONTEXT_LENGTH = 128
_EMBEDDING_STD = 0.02
"""Of fresh token embeddings: the default of GPT2Config."""


def fresh_model(
    n_words: int, *, n_layers: int, n_heads: int, d_model: int, d_mlp: int, seed: int, activation: str = "relu"
) -> GPT2LMHeadModel:
    """Random weights from a seed, prepared; global random state is left as it was."""
    config = GPT2Config(
        architectures=["GPT2LMHeadModel"],
        vocab_size=n_words,
        n_positions=CONTEXT_LENGTH,
        n_embd=d_model,
        n_layer=n_layers,
        n_head=n_heads,
        n_inner=d_mlp,
        activation_function=activation,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        dtype="float32",
    )
    # torch 2.13 needs more than twice the time for the gradient of its fused attention on a CPU.
    config._attn_implementation = "eager"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPT2LMHeadModel(config)
    prepare(model)
    for name, parameter in model.named_parameters():
        # Biases of linear maps stay 0: their gradients alone would take a quarter of the time.
        if name.endswith(".bias") and ".ln_" not in name:
            parameter.requires_grad_(False)
    return model


@torch.no_grad()
def prepare(model: GPT2LMHeadModel) -> None:
    """Change fresh weights so that heads find what is alike and what is near within hundreds of steps.

    Queries and keys begin with the same weights: a head first attends to its own token, its copies and its neighbours,
    and learning sharpens one of these. From independent weights it begins with attention to nothing in particular, and
    looking things up is learned ten times later or not at all. Attention matrices are as large as keeps the length of
    a vector, and position embeddings are waves, so that one linear map finds a distance at every position.
    """
    d_model = model.config.n_embd
    model.transformer.wpe.weight.copy_(waves(model.config.n_positions, d_model))
    blocks: Any = model.transformer.h
    for block in blocks:
        block.attn.c_attn.weight.mul_(1 / math.sqrt(d_model) / model.config.initializer_range)
        block.attn.c_proj.weight.mul_(1 / math.sqrt(d_model) / model.config.initializer_range)
        block.attn.c_attn.weight[:, d_model : 2 * d_model] = block.attn.c_attn.weight[:, :d_model]


def waves(n_pos: int, d_model: int) -> Float[Tensor, "pos d_model"]:
    """Sines and cosines of the position, as long as embeddings of tokens are at first.

    Periods lie between 4 tokens and twice the context, evenly on a logarithmic scale.
    """
    frequencies = 2 * math.pi / torch.logspace(math.log10(4), math.log10(2 * n_pos), d_model // 2)
    angles = torch.arange(n_pos)[:, None] * frequencies  # [pos, d_model / 2]
    return _EMBEDDING_STD * math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], dim=1)
