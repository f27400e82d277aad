"""Streaming heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.windows import queries_from, window_before

SINKS = 4
"""First tokens that a streaming cache keeps: Xiao et al. 2023, arXiv:2309.17453, find four to suffice."""
RECENT = 8
"""Last tokens that it keeps, the query among them; ours, few enough to leave keys outside in a prompt of 64 tokens."""


@detector(
    version=1,
    tier=Tier.V1,
    metric="sink_and_recent_mass",
    paper="2410.10819",
    prompts=natural_text,
    no_behaviour=(
        "No causal arm: its source defines such heads by what they do not need: what is far away can be dropped "
        "without loss."
    ),
)
def streaming(batch: PromptBatch) -> RelationalTargets:
    """Attention to the first four and the last eight tokens together: what a cache of constant size would keep.

    Queries whose window of recent tokens would meet the first four do not count: they see nothing else. Of the others
    at most 64 count, spread evenly over the prompt. A head that rests on the first token, or attends to the token
    before, is a streaming head by this definition, and rightly: nothing in between is read.

    Returns:
        For each counted query the first four tokens of its prompt and the last eight up to itself. Uniform attention
        scores the mean of 12 / (pos + 1) over the counted queries: 0.38 at 64 tokens, 0.05 at 1,024.

    Raises:
        NoTargetError: The prompts are not longer than what is kept.

    Source:
        Xiao et al. 2024, arXiv:2410.10819 (DuoAttention), streaming heads, and Xiao et al. 2023, arXiv:2309.17453,
        for the four sinks. DuoAttention learns a gate for each group of heads and cuts the gates; this is attention
        mass, so no line of theirs applies, and their window of recent tokens is longer.
    """
    kept = SINKS + RECENT
    is_counted = queries_from(batch, first_place=kept)
    if not is_counted.any():
        raise NoTargetError(
            f"A streaming head reads {SINKS} first and {RECENT} last tokens: prompts of {batch.tokens.shape[1]} tokens "
            f"hold nothing else, use {kept + 1} or more."
        )
    first = batch.is_first.long().argmax(dim=-1)
    sinks = (first[:, None, None] + torch.arange(SINKS)).expand(*batch.tokens.shape, SINKS)
    sinks = torch.where(is_counted[..., None], sinks, NO_KEY)
    return RelationalTargets(torch.cat([sinks, window_before(is_counted, RECENT)], dim=-1))
