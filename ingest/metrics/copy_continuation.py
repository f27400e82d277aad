"""Continuing a copy: the behaviour that induction heads serve."""

import torch

from ingest.behaviour import NO_TOKEN, Behaviour, LogitContrast
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY
from ingest.metrics.control_tokens import padded_rows, tokens_of_other_prompts
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
    return LogitContrast(is_asked, right, padded_rows(others, NO_TOKEN), tokens_of_other_prompts(batch))


copy_continuation = Behaviour(
    name="copy_continuation",
    description="the logit of the token that followed the latest copy, above that of other repeated tokens",
    prompts=repeated_random_tokens,
    contrast=after_latest_copy,
)
