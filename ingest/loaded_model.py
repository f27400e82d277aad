"""A language model in memory, with what the rest of ingest may ask of it. How it got there: `loading.py`."""

from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class LoadedModel:
    """Weights, tokenizer and shape of one language model at one revision."""

    model: PreTrainedModel = field(repr=False)
    tokenizer: PreTrainedTokenizerBase | None = field(repr=False)
    """None where the directory ships none: prompts of random ids still work."""
    hub_id: str
    revision: str
    """Commit of the hub, or `sha256:…` of the weights."""
    weights_sha256: str
    architecture: str
    """`model_type` of the configuration: gpt2, llama, …"""
    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_model: int
    d_head: int
    d_vocab: int
    context_length: int
    bos_id: int | None
    special_ids: frozenset[int]
    device: torch.device
    dtype: torch.dtype
