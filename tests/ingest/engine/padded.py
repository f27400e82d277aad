"""Prompts with padding on either side, and targets of both kinds on them."""

from typing import Literal

import torch
from torch import Tensor

from ingest.measure import NO_KEY, KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from tests.ingest.tiny_models import D_VOCAB

Side = Literal["none", "left", "right"]


def make_padded(length: int, side: Side, *, n_prompts: int = 3, seed: int = 0) -> PromptBatch:
    """Random tokens; the first prompt is about half as long as the others, the second holds one token."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, D_VOCAB, (n_prompts, length), generator=generator)
    is_real = torch.ones(n_prompts, length, dtype=torch.bool)
    if side == "right":
        is_real[0, length // 2 + 1 :] = False
        is_real[1, 1:] = False
    elif side == "left":
        is_real[0, : length // 2] = False
        is_real[1, :-1] = False
    return PromptBatch(tokens, is_real, has_bos=False)


def at_offset(batch: PromptBatch, offset: int) -> Tensor:
    """Key at an offset before each query; NO_KEY where it or the query is not real."""
    position = torch.arange(batch.tokens.shape[1])
    keys = (position - offset).expand(batch.tokens.shape)
    is_key = (keys >= 0) & batch.is_real & batch.is_real.gather(1, keys.clamp(min=0))
    return torch.where(is_key, keys, NO_KEY)


def make_targets(batch: PromptBatch) -> dict[str, Targets]:
    """Few and many keys of both kinds, some named twice, one that counts nothing."""
    generator = torch.Generator().manual_seed(1)
    is_real = batch.is_real
    some = (torch.rand(is_real.shape, generator=generator) < 0.5) & is_real
    nothing = torch.zeros_like(is_real)
    first = is_real & (is_real.long().cumsum(dim=-1) == 1)
    return {
        "itself": RelationalTargets(at_offset(batch, 0)[..., None]),
        "previous_token": RelationalTargets(at_offset(batch, 1)[..., None]),
        "beyond_the_window": RelationalTargets(at_offset(batch, 9)[..., None]),
        "several": RelationalTargets(torch.stack([at_offset(batch, offset) for offset in (1, 2, 5)], dim=-1)),
        "first_token": KeyProperty(first, is_real),
        "some_tokens": KeyProperty(some, is_real & ~some),
        "all_tokens": KeyProperty(is_real, is_real),
        "nothing_counts": KeyProperty(some, nothing),
        "no_target": KeyProperty(nothing, is_real),
    }
