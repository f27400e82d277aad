"""The training loop: weighted next-token prediction with AdamW, warm-up and cosine, deterministic from a seed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel

from ingest.reference.batches import Batch, BatchQueue
from ingest.reference.documents import Document

_TOKENS_AT_ONCE = 2048
"""In one forward pass: what a core's cache holds."""
_PREDICTIONS = 256
"""Predictions that meet the vocabulary are a multiple of this many, so that few shapes occur."""


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how fast."""

    n_steps: int
    tokens_per_step: int
    learning_rate: float
    weight_decay: float
    warmup_steps: int
    last_share: float = 0.02
    """Of the learning rate that is left at the end."""


@dataclass(frozen=True)
class Step:
    """What one step showed."""

    number: int
    n_tokens: int
    """Seen so far, padding included."""
    loss: float
    """Weighted mean over the step's predictions, in nats."""


def train(
    model: PreTrainedModel,
    documents: Callable[[int], Sequence[Document]],
    options: TrainingOptions,
    *,
    after: Callable[[Step], None],
) -> None:
    """Train in place.

    Args:
        model: With fresh weights.
        documents: What step number n is trained on.
        options: How long and how fast.
        after: Called after each step.
    """
    optimizer, queue = _optimizer(model, options), BatchQueue(_TOKENS_AT_ONCE)
    model.train()
    n_tokens = 0
    for number in range(options.n_steps):
        for group in optimizer.param_groups:
            group["lr"] = _rate(number, options)
        chosen: list[Batch] = []
        while not chosen:  # until a batch is full
            chosen = list(queue.add(documents(number)))
        loss = _accumulate(model, chosen)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        n_tokens += sum(batch.tokens.numel() for batch in chosen)
        after(Step(number + 1, n_tokens, loss))
    model.train(False)


def _accumulate(model: PreTrainedModel, chosen: Sequence[Batch]) -> float:
    """Gradients of the weighted mean loss over all batches; its value."""
    total, loss = sum(float(batch.weights.sum()) for batch in chosen), 0.0
    for batch in chosen:
        part = _weighted_loss(model, batch) / total
        part.backward()  # type: ignore[no-untyped-call]
        loss += float(part.detach())
    return loss


def _weighted_loss(model: PreTrainedModel, batch: Batch) -> Float[Tensor, ""]:
    device = model.device
    output_embedding: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    tokens, weights = batch.tokens.to(device), batch.weights[:, 1:].reshape(-1)
    # Only predictions that count meet the vocabulary, which costs as much as the layers; their number is rounded up.
    counted = weights.argsort(descending=True, stable=True)
    counted = counted[: -(-int((weights > 0).sum()) // _PREDICTIONS) * _PREDICTIONS]
    with torch.autocast(device.type, dtype=torch.bfloat16):
        hidden = model.base_model(tokens, attention_mask=_causal(tokens)).last_hidden_state[:, :-1]
        logits = output_embedding(hidden.reshape(-1, hidden.shape[-1])[counted.to(device)])
    wanted = tokens[:, 1:].reshape(-1)[counted.to(device)]
    losses = nn.functional.cross_entropy(logits.float(), wanted, reduction="none")
    return (losses * weights[counted].to(device)).sum()


def _causal(tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "one one query key"]:
    """Added to attention logits; in the type that they are computed in, which spares a conversion in each layer."""
    n_pos = tokens.shape[1]
    mask = torch.full((n_pos, n_pos), torch.finfo(torch.bfloat16).min, dtype=torch.bfloat16, device=tokens.device)
    return mask.triu(diagonal=1)[None, None]


def _optimizer(model: PreTrainedModel, options: TrainingOptions) -> torch.optim.AdamW:
    trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
    decayed = [each for name, each in trained.items() if each.ndim > 1 and ".wte." not in name and ".wpe." not in name]
    others = [each for each in trained.values() if all(each is not one for one in decayed)]
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.98), fused=True)


def _rate(number: int, options: TrainingOptions) -> float:
    """Linear warm-up, then a cosine down to the last share."""
    if number < options.warmup_steps:
        return options.learning_rate * (number + 1) / options.warmup_steps
    done = (number - options.warmup_steps) / max(1, options.n_steps - options.warmup_steps)
    share = options.last_share + (1 - options.last_share) * (1 + math.cos(math.pi * done)) / 2
    return options.learning_rate * share
