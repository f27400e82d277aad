"""A two-layer language model of attention alone, trained while previous-token and then induction heads appear.

The smallest shape in which induction can arise: an induction head reads what a previous-token head wrote in the layer
before. Its sequences are random tokens said again and nothing else.
"""

import random

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.reference import repeated
from ingest.reference.documents import Document
from ingest.reference.model import prepare
from ingest.reference.tokenizer import BOS_ID
from ingest.reference.training import TrainingOptions

HUB_ID = "headcat/attention-only"
SEED = 0
N_WORDS, CONTEXT_LENGTH = 256, 128
N_LAYERS, N_HEADS, D_MODEL = 2, 4, 128
OPTIONS = TrainingOptions(n_steps=1500, tokens_per_step=2048, learning_rate=2e-3, weight_decay=0.01, warmup_steps=100)


def attention_only_model(seed: int) -> GPT2LMHeadModel:
    """A GPT-2 whose MLPs write nothing: their weights are 0 and stay so. Global random state is left as it was."""
    config = GPT2Config(
        architectures=["GPT2LMHeadModel"],
        vocab_size=N_WORDS,
        n_positions=CONTEXT_LENGTH,
        n_embd=D_MODEL,
        n_layer=N_LAYERS,
        n_head=N_HEADS,
        n_inner=1,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=BOS_ID,
        eos_token_id=BOS_ID,
        dtype="float32",
    )
    config._attn_implementation = "eager"  # faster in training than torch's fused attention on a CPU
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GPT2LMHeadModel(config)
    prepare(model)
    for name, parameter in model.named_parameters():
        if ".mlp." in name or (name.endswith(".bias") and ".ln_" not in name):
            torch.nn.init.zeros_(parameter)
            parameter.requires_grad_(False)
    return model


def documents(generator: random.Random, n_tokens: int) -> list[Document]:
    """Repeated sequences with at least this many tokens in all."""
    drawn: list[Document] = []
    while n_tokens > 0:
        drawn.append(repeated.document(generator, range(1, N_WORDS), BOS_ID, CONTEXT_LENGTH))
        n_tokens -= len(drawn[-1].ids)
    return drawn
