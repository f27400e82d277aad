"""Where a prompt repeats itself: for each position, the earlier positions that hold the same token.

Linear in the length apart from one sort, so that prompts may be as long as the engine allows.
"""

from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, LogitTargets
from ingest.prompts.batch import PromptBatch


def latest_earlier_copy(batch: PromptBatch) -> Int[Tensor, "batch pos"]:
    """Latest earlier position of the same token in the same prompt; NO_KEY where there is none."""
    n_pos = batch.tokens.shape[1]
    # A stable sort by token keeps positions in order, so that each token's latest earlier copy stands just before it.
    tokens = torch.where(batch.is_real, batch.tokens, torch.full_like(batch.tokens, NO_KEY))
    order = torch.argsort(tokens, dim=1, stable=True)
    in_order = tokens.gather(1, order)
    is_copy = torch.zeros_like(batch.is_real)
    is_copy[:, 1:] = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] != NO_KEY)
    before = order.roll(1, dims=1)
    latest = torch.full((len(tokens), n_pos), NO_KEY, dtype=torch.long, device=tokens.device)
    return latest.scatter(1, order, torch.where(is_copy, before, torch.full_like(before, NO_KEY)))


def all_earlier_copies(batch: PromptBatch) -> Int[Tensor, "batch pos copy"]:
    """Every earlier position of the same token, latest first; NO_KEY fills up the last axis."""
    latest = latest_earlier_copy(batch)
    columns = [latest]
    while (columns[-1] != NO_KEY).any():
        reached = columns[-1]
        further = latest.gather(1, reached.clamp(min=0))
        columns.append(torch.where(reached == NO_KEY, reached, further))
    return torch.stack(columns[:-1] or columns, dim=-1)  # [batch, pos, copy]


def token_after_latest_copy(batch: PromptBatch, sign: Literal[1, -1]) -> LogitTargets:
    """The token that followed the latest earlier copy of each query's token, to be raised or lowered.

    Raises:
        NoTargetError: No token repeats.
    """
    latest = latest_earlier_copy(batch)
    is_counted = latest != NO_KEY
    if not is_counted.any():
        raise NoTargetError("No token of the prompts repeats, so nothing followed an earlier copy.")
    return LogitTargets(batch.tokens.gather(1, torch.where(is_counted, latest + 1, 0)), is_counted, sign)
