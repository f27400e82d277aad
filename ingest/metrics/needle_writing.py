"""Writing a needle: the behaviour that retrieval heads serve."""

import torch

from ingest.behaviour import NO_TOKEN, Behaviour, LogitContrast
from ingest.errors import NoTargetError
from ingest.metrics.control_tokens import tokens_of_other_prompts
from ingest.prompts.batch import PromptBatch
from ingest.prompts.needles import NeedleBatch, answered_needles


def next_of_needle(batch: PromptBatch) -> LogitContrast:
    """From the marker and each token of the written needle the next one of it, against the needle's other tokens.

    Raises:
        NoTargetError: The prompts hide no needle, or do not hold it as their answer.
    """
    if not isinstance(batch, NeedleBatch) or not bool(batch.is_answer.any(dim=1).all()):
        raise NoTargetError("Only prompts that hold a needle and write it again show what should come next.")
    right = torch.zeros_like(batch.tokens)
    # Both run through a prompt in order, and each query of the answer writes one token of the needle.
    right[batch.is_answer] = batch.needle[batch.needle != NO_TOKEN]
    return LogitContrast(batch.is_answer, right, batch.needle, tokens_of_other_prompts(batch))


needle_writing = Behaviour(
    name="needle_writing",
    description="the logit of the needle's next token while it is written, above that of its other tokens",
    prompts=answered_needles,
    contrast=next_of_needle,
)
