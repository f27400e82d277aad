"""Targets as full masks, and what a pattern puts on them: the definition that detectors are tested against."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.measure import KeyProperty, Targets
from ingest.prompts.batch import PromptBatch


def as_batch(tokens: Tensor, *, has_bos: bool = True) -> PromptBatch:
    """Unpadded prompts."""
    return PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos)


def as_mask(targets: Targets, batch: PromptBatch) -> Bool[Tensor, "batch query key"]:
    """Which keys count for which query."""
    n_prompts, n_pos = batch.tokens.shape
    if isinstance(targets, KeyProperty):
        visible = torch.ones(n_pos, n_pos, dtype=torch.bool).tril()
        return targets.is_target[:, None, :] & targets.is_counted[:, :, None] & visible
    mask = torch.zeros(n_prompts, n_pos, n_pos + 1, dtype=torch.bool)
    mask.scatter_(2, torch.where(targets.keys < 0, n_pos, targets.keys), True)
    return mask[:, :, :n_pos]


def scores(pattern: Float[Tensor, "batch head query key"], targets: Targets, batch: PromptBatch) -> Tensor:
    """Mean mass over the counted queries of each prompt, then over the prompts that have one; [head]."""
    mass = (pattern * as_mask(targets, batch)[:, None]).sum(dim=-1)  # [batch, head, query]
    is_counted = targets.is_counted[:, None].float()
    return ((mass * is_counted).sum(dim=-1) / is_counted.sum(dim=-1)).nanmean(dim=0)
