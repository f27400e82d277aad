"""Tokens of the off-task control: two for each prompt that it says nothing about."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch


def tokens_of_other_prompts(
    batch: PromptBatch, not_these: Int[Tensor, " token"] | None = None
) -> Int[Tensor, "batch 2"]:
    """Two tokens that stand in other prompts of the batch and not in this one, drawn with a fixed seed.

    Args:
        batch: The prompts.
        not_these: Tokens that no control may be, wherever they stand.

    Raises:
        NoTargetError: The prompts share all their tokens.
    """
    known = torch.unique(batch.tokens[batch.is_real & ~batch.is_bos])
    if not_these is not None:
        known = known[~torch.isin(known, not_these)]
    generator = torch.Generator().manual_seed(0)
    found = []
    for tokens, is_real in zip(batch.tokens, batch.is_real, strict=True):
        free = known[~torch.isin(known, tokens[is_real])]
        if len(free) < 2:
            raise NoTargetError("The prompts share all their tokens, so none is left for an off-task control.")
        found.append(free[torch.randperm(len(free), generator=generator)[:2]])
    return torch.stack(found)


def padded_rows(rows: Sequence[Tensor], fill: int) -> Int[Tensor, "batch token"]:
    """Rows that differ in length, filled up at the end."""
    filled = torch.full((len(rows), max(map(len, rows))), fill)
    for row, tokens in enumerate(rows):
        filled[row, : len(tokens)] = tokens
    return filled
