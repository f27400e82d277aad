"""Attention of a few prompts, sparse, as HeadVis draws it: at most eight keys of each query.

HeadVis's own pipeline draws sequences by activation from thousands. These are the first prompts, so that a head can be
looked at; `config.json` says so.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingest.engine.reference import patterns
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch

N_PROMPTS, LENGTH = 3, 128
"""Patterns of so many prompts and tokens are held in full, one prompt at a time."""
KEYS_OF_QUERY = 8
LEAST_ATTENTION = 0.005
N_TOP_TOKENS = 50
_N_BINS = 50
_DISTANCES = [0, *(2**power for power in range(13))]


@dataclass(frozen=True)
class Sequence:
    """One prompt through one head."""

    number: int
    tokens: list[str]
    query: np.ndarray
    key: np.ndarray
    attention: np.ndarray
    max_activation: float
    """Largest attention that neither starts nor ends at the first token."""


def sample_heads(loaded: LoadedModel, batch: PromptBatch) -> dict[tuple[int, int], list[Sequence]]:
    """Sequences of every head."""
    found: dict[tuple[int, int], list[Sequence]] = defaultdict(list)
    for number in range(min(N_PROMPTS, len(batch.tokens))):
        ids = batch.tokens[number][batch.is_real[number]][:LENGTH]
        one = PromptBatch(ids[None], torch.ones(1, len(ids), dtype=torch.bool), batch.has_bos)
        tokens = _texts(loaded, ids.tolist())
        for layer, pattern in zip(loaded.attention_layers, patterns(loaded, one), strict=True):
            for head in range(loaded.n_heads):
                found[layer, head].append(_sequence(number, tokens, pattern[0, head]))
    return found


def _texts(loaded: LoadedModel, ids: list[int]) -> list[str]:
    if loaded.tokenizer is None:
        return [str(each) for each in ids]
    return [str(loaded.tokenizer.decode([each])) for each in ids]


def _sequence(number: int, tokens: list[str], pattern: Float[Tensor, "query key"]) -> Sequence:
    values, keys = pattern.topk(min(KEYS_OF_QUERY, pattern.shape[-1]), dim=-1)
    is_kept = values >= LEAST_ATTENTION
    query = torch.arange(len(pattern))[:, None].expand_as(keys)[is_kept]
    key, attention = keys[is_kept], values[is_kept]
    order = torch.argsort(query * len(pattern) + key)
    inner = pattern[1:, 1:]
    return Sequence(
        number,
        tokens,
        query[order].numpy(),
        key[order].numpy(),
        attention[order].numpy(),
        float(inner.max()) if inner.numel() else 0.0,
    )


def head_file(sequences: list[Sequence]) -> dict[str, Any]:
    """The content of `heads/L5H1.json`."""
    activations = [each.max_activation for each in sequences]
    counts, edges = np.histogram(activations, bins=_N_BINS, range=(0.0, 1.0))
    return {
        "sequences": [_sequence_record(each) for each in sequences],
        "qk_distance_histogram": _distances(sequences),
        "top_query_tokens": _top_tokens(sequences, "query"),
        "top_key_tokens": _top_tokens(sequences, "key"),
        "histogram": {"bin_edges": [round(float(edge), 4) for edge in edges], "bin_values": counts.tolist()},
        "statistics": {
            "n_samples": len(sequences),
            "mean_max_activation": round(float(np.mean(activations)), 4) if activations else None,
        },
    }


def _sequence_record(each: Sequence) -> dict[str, Any]:
    return {
        "sequence_id": each.number,
        "interval": 1,
        "tokens": each.tokens,
        "attention_indices": (each.query * len(each.tokens) + each.key).tolist(),
        "attention_values": [round(float(value), 4) for value in each.attention],
        "seq_len": len(each.tokens),
        "max_activation": round(each.max_activation, 4),
    }


def _distances(sequences: list[Sequence]) -> dict[str, Any]:
    distance = np.concatenate([each.query - each.key for each in sequences])
    weight = np.concatenate([each.attention for each in sequences])
    values, _ = np.histogram(distance, bins=_DISTANCES, weights=weight)
    return {"bin_edges": _DISTANCES, "bin_values": [round(float(value), 4) for value in values]}


def _top_tokens(sequences: list[Sequence], side: str) -> list[dict[str, Any]]:
    weights: dict[str, float] = defaultdict(float)
    for each in sequences:
        for position, attention in zip(getattr(each, side), each.attention, strict=True):
            weights[each.tokens[position]] += float(attention)
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])[:N_TOP_TOKENS]
    return [{"token": token, "weight": round(weight, 4)} for token, weight in ranked]
