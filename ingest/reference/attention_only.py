"""A two-layer language model of attention alone, trained while heads that continue a repetition come about.

The smallest shape in which an induction head can read what a previous-token head wrote in the layer before. Its
sequences are random tokens said again and nothing else; its card says which heads came about.
"""

import random

import torch
from transformers import GPT2LMHeadModel

from ingest.reference import repeated
from ingest.reference.documents import Document
from ingest.reference.model import CONTEXT_LENGTH, fresh_model
from ingest.reference.tokenizer import BOS_ID
from ingest.reference.training import TrainingOptions

HUB_ID = "headcat/attention-only"
SEED = 0
N_WORDS = 256
N_LAYERS, N_HEADS, D_MODEL = 2, 4, 128
OPTIONS = TrainingOptions(n_steps=1500, tokens_per_step=2048, learning_rate=2e-3, weight_decay=0.01, warmup_steps=100)


def attention_only_model(seed: int) -> GPT2LMHeadModel:
    """A GPT-2 whose MLPs write nothing: their weights are 0 and stay so. Global random state is left as it was."""
    model = fresh_model(
        N_WORDS,
        n_layers=N_LAYERS,
        n_heads=N_HEADS,
        d_model=D_MODEL,
        d_mlp=1,
        activation="gelu_new",
        seed=seed,
    )
    for name, parameter in model.named_parameters():
        if ".mlp." in name:
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
