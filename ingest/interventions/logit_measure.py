"""What an intervention is judged by: one number for each prompt, made of logits at chosen queries."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.errors import PromptError
from ingest.prompts.batch import PromptBatch


@dataclass(frozen=True)
class LogitMeasure:
    """A measure of behaviour: which logits are read, and what is made of them."""

    is_asked: Bool[Tensor, "batch pos"]
    """Queries whose logits are read; at least one in each prompt."""
    value: Callable[[Float[Tensor, "query token"]], Float[Tensor, " batch"]]
    """Logits of the asked queries, in the order of the mask → a number for each prompt."""
    token_ids: Int[Tensor, " token"] | None = None
    """Tokens whose logits are read, in this order; None for the whole vocabulary, which a probability needs."""

    def check(self, batch: PromptBatch) -> None:
        """Refuse a measure that does not fit the prompts.

        Raises:
            PromptError: Another shape, a query on padding, or a prompt that is not asked anything.
        """
        if self.is_asked.shape != batch.tokens.shape:
            raise PromptError(
                f"Queries of shape {tuple(self.is_asked.shape)} do not fit prompts of shape "
                f"{tuple(batch.tokens.shape)}."
            )
        if bool((self.is_asked & ~batch.is_real).any()):
            raise PromptError("A query on padding is asked; only real tokens have a next one.")
        if not bool(self.is_asked.any(dim=1).all()):
            raise PromptError("A prompt is asked nothing; every prompt needs a query whose logits count.")


def logit_difference(
    is_end: Bool[Tensor, "batch pos"], correct: Int[Tensor, " batch"], incorrect: Int[Tensor, " batch"]
) -> LogitMeasure:
    """Logit of the correct minus that of the incorrect next token at one query of each prompt."""
    token_ids, index = torch.unique(torch.cat([correct, incorrect]), return_inverse=True)
    right, wrong = index[: len(correct)], index[len(correct) :]

    def value(logits: Float[Tensor, "query token"]) -> Float[Tensor, " batch"]:
        rows = torch.arange(len(logits), device=logits.device)
        return logits[rows, right.to(logits.device)] - logits[rows, wrong.to(logits.device)]

    return LogitMeasure(is_end, value, token_ids)
