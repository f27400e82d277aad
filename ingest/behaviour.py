"""Behaviours: what a head type is for, as a number read off the logits, so that an effect on it can be measured.

A detector of patterns may name one. Concrete behaviours stand in `metrics/`; what removing a head does to one is
measured in `causal_arm.py`. Tasks (`tasks/`) have counterparts and answers, and a detector may name one instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.interventions.logit_measure import LogitMeasure
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.tasks.task import Task

NO_TOKEN = -1


@dataclass(frozen=True)
class LogitContrast:
    """At some queries the token that should come next, and the tokens of the prompt that it is held against."""

    is_asked: Bool[Tensor, "batch pos"]
    """At least one query of each prompt."""
    right: Int[Tensor, "batch pos"]
    """Token that should come next; any value where nothing is asked."""
    others: Int[Tensor, "batch other"]
    """Tokens of the prompt that might come as well; NO_TOKEN fills up. The right one does not count against itself."""
    control: Int[Tensor, "batch 2"]
    """Two tokens that the prompt says nothing about: the off-task control is the difference of their logits."""


@dataclass(frozen=True)
class Behaviour:
    """One behaviour and the prompts on which it shows."""

    name: str
    description: str
    """Completes "effect on …"."""
    prompts: PromptFamily
    contrast: Callable[[PromptBatch], LogitContrast] = field(repr=False)
    least: float = 0.1
    """In logits: a language model whose right tokens lead by less, in either direction, does not show the behaviour,
    and there is nothing that an effect could be a share of. 0.1 makes a token 1.1 times as likely as its rivals."""
    sign: Literal[1, -1] = 1
    """1 where heads of the type serve the behaviour, -1 where they work against it."""

    def opposed(self) -> "Behaviour":
        """The same behaviour, for a type whose heads work against it."""
        return replace(self, sign=-1)


Served = Behaviour | Task
"""What heads of a type serve: a behaviour, or a task, behind the gate of that task."""


def sign_of(served: Served) -> Literal[1, -1]:
    """1 where heads of the type serve it, -1 where they work against it; tasks are served."""
    return served.sign if isinstance(served, Behaviour) else 1


def contrast_measure(contrast: LogitContrast) -> LogitMeasure:
    """The contrast, and beside it the off-task control, as one reading of the logits.

    Returns:
        A measure whose values are [2, batch]: logit of the right token minus the mean of the others, and the control's
        logit difference; both means over the asked queries of a prompt.
    """
    prompt, _ = contrast.is_asked.nonzero(as_tuple=True)
    right = contrast.right[contrast.is_asked]
    others, control = contrast.others[prompt], contrast.control[prompt]
    is_other = (others != NO_TOKEN) & (others != right[:, None])
    read = torch.cat([right[:, None], others.clamp(min=0), control], dim=1)
    token_ids, index = torch.unique(read, return_inverse=True)
    n_queries = contrast.is_asked.sum(dim=1)

    def value(logits: Float[Tensor, "query token"]) -> Float[Tensor, "2 batch"]:
        of_query = logits.gather(1, index.to(logits.device))
        rivals = of_query[:, 1:-2].masked_fill(~is_other.to(logits.device), 0.0).sum(dim=1)
        found = torch.stack(
            [
                of_query[:, 0] - rivals / is_other.sum(dim=1).to(logits.device),
                of_query[:, -2] - of_query[:, -1],
            ]
        )
        sums = found.new_zeros(2, len(n_queries)).index_add_(1, prompt.to(found.device), found)
        return sums / n_queries.to(sums)

    return LogitMeasure(contrast.is_asked, value, token_ids)
