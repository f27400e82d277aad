"""Continuing a copy: the behaviour that induction heads serve."""

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.behaviour import NO_TOKEN, Behaviour, LogitContrast
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import latest_earlier_copy
from ingest.prompts.repeated_random_tokens import repeated_random_tokens


def after_latest_copy(batch: PromptBatch) -> LogitContrast:
    """At each repeated token the one that followed its latest earlier copy, against all other repeated tokens.

    The control's two tokens stand in other prompts of the batch and not in this one.

    Raises:
        NoTargetError: A prompt repeats too little, or there are no two tokens that it does not hold.
    """
    latest = latest_earlier_copy(batch)
    is_asked = latest != NO_KEY
    right = batch.tokens.gather(1, torch.where(is_asked, latest + 1, 0))
    others = [torch.unique(right[row][asked]) for row, asked in enumerate(is_asked)]
    if min(map(len, others)) < 2:
        raise NoTargetError("A prompt repeats fewer than two tokens, so nothing is held against what should follow.")
    filled = torch.full((len(others), max(map(len, others))), NO_TOKEN)
    for row, tokens in enumerate(others):
        filled[row, : len(tokens)] = tokens
    return LogitContrast(is_asked, right, filled, _not_in_prompt(batch))


def _not_in_prompt(batch: PromptBatch) -> Int[Tensor, "batch 2"]:
    """Two tokens of other prompts for each prompt, drawn with a fixed seed."""
    known = torch.unique(batch.tokens[batch.is_real & ~batch.is_bos])
    generator = torch.Generator().manual_seed(0)
    found = []
    for tokens, is_real in zip(batch.tokens, batch.is_real, strict=True):
        free = known[~torch.isin(known, tokens[is_real])]
        if len(free) < 2:
            raise NoTargetError("The prompts share all their tokens, so none is left for an off-task control.")
        found.append(free[torch.randperm(len(free), generator=generator)[:2]])
    return torch.stack(found)


copy_continuation = Behaviour(
    name="copy_continuation",
    description="the logit of the token that followed the latest copy, above that of other repeated tokens",
    prompts=repeated_random_tokens,
    contrast=after_latest_copy,
)
