"""Answering No: the bias that negative heads are said to cause."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.behaviour import Behaviour, LogitContrast
from ingest.errors import NoTargetError
from ingest.metrics.control_tokens import tokens_of_other_prompts
from ingest.prompts.batch import PromptBatch
from ingest.prompts.yes_no import YesNoBatch, yes_no


def no_over_yes(batch: PromptBatch) -> LogitContrast:
    """At the end of a question the word No as its instruction spells it, against Yes; both are right equally often.

    Raises:
        NoTargetError: The prompts are no questions of this kind, or both words begin with the same token.
    """
    if not isinstance(batch, YesNoBatch):
        raise NoTargetError("Only questions that name Yes and No ask for one of them.")
    no, yes = (_first_token(batch, is_word) for is_word in (batch.is_no, batch.is_yes))
    if bool((no == yes).any()):
        raise NoTargetError(
            "This tokenizer begins Yes and No with the same token, so an answer does not tell them apart."
        )
    is_last = batch.is_real & (batch.is_real.flip(1).cumsum(dim=1).flip(1) == 1)
    right = no[:, None].expand_as(batch.tokens)
    return LogitContrast(is_last, right, yes[:, None], tokens_of_other_prompts(batch, torch.cat([no, yes])))


def _first_token(batch: YesNoBatch, is_word: Bool[Tensor, "batch pos"]) -> Int[Tensor, " batch"]:
    return batch.tokens.gather(1, is_word.int().argmax(dim=1, keepdim=True)).squeeze(1)


negative_answer = Behaviour(
    name="negative_answer",
    description="the logit of No above that of Yes, where the answer to a question comes next",
    prompts=yes_no,
    contrast=no_over_yes,
)
