"""Two-layer language models of attention alone, trained while heads that continue a repetition come about.

The smallest shape in which an induction head can read what a previous-token head wrote in the layer before. Sequences
are random tokens said again and nothing else. There are two of them: one whose positions are embedded in the residual
stream, where a head can also read where a copy stood, and one whose positions only rotate queries and keys, so that a
head which tells what stood before a token is the way that is left. Their cards say which heads came about.
"""

import math
import random
from typing import Any, Literal

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from ingest.reference import repeated
from ingest.reference.documents import Document
from ingest.reference.model import CONTEXT_LENGTH, fresh_model
from ingest.reference.tokenizer import BOS_ID
from ingest.reference.training import TrainingOptions

Positions = Literal["embedded", "rotary"]
HUB_IDS: dict[Positions, str] = {
    "embedded": "headcat/attention-only",
    "rotary": "headcat/attention-only-rotary",
}
SEED = 0
N_WORDS = 256
N_LAYERS, N_HEADS, D_MODEL = 2, 4, 128
OPTIONS = TrainingOptions(n_steps=1500, tokens_per_step=2048, learning_rate=2e-3, weight_decay=0.01, warmup_steps=100)


def attention_only_model(seed: int, positions: Positions = "embedded") -> PreTrainedModel:
    """A GPT-2, or with rotary positions a Llama, whose MLPs write nothing: their weights are 0 and stay so.

    Queries and keys begin with the same weights in both (`model.py`). Global random state is left as it was.
    """
    model = _embedded(seed) if positions == "embedded" else _rotary(seed)
    for name, parameter in model.named_parameters():
        if ".mlp." in name:
            torch.nn.init.zeros_(parameter)
            parameter.requires_grad_(False)
    return model


def _embedded(seed: int) -> PreTrainedModel:
    return fresh_model(
        N_WORDS,
        n_layers=N_LAYERS,
        n_heads=N_HEADS,
        d_model=D_MODEL,
        d_mlp=1,
        activation="gelu_new",
        seed=seed,
    )


def _rotary(seed: int) -> PreTrainedModel:
    config = LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=N_WORDS,
        max_position_embeddings=CONTEXT_LENGTH,
        hidden_size=D_MODEL,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=N_HEADS,
        num_key_value_heads=N_HEADS,
        intermediate_size=1,
        tie_word_embeddings=False,
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        dtype="float32",
    )
    config._attn_implementation = "eager"
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
        layers: Any = model.model.layers
        for layer in layers:
            attention = layer.self_attn
            for each in (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj):
                each.weight.normal_(0, 1 / math.sqrt(D_MODEL))
            attention.k_proj.weight.copy_(attention.q_proj.weight)
    return model


def documents(generator: random.Random, n_tokens: int) -> list[Document]:
    """Repeated sequences with at least this many tokens in all."""
    drawn: list[Document] = []
    while n_tokens > 0:
        drawn.append(repeated.document(generator, range(1, N_WORDS), BOS_ID, CONTEXT_LENGTH))
        n_tokens -= len(drawn[-1].ids)
    return drawn
