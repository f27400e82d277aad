"""A task: prompts whose next token is known, each beside a counterpart for which it is another.

Tasks are prompts with answers, in words; `rendering.py` makes tokens of them. What a language model makes of a task is
measured in `measures.py`, and what its heads do for it in `ingest/interventions/`.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.prompts.batch import PromptBatch, PromptFamily

NO_ANSWER = -1
"""Fills up rows of answers that differ in number."""

END = "end"
"""Mark of the query whose next token is asked: one for each prompt, its last token."""


class Measure(StrEnum):
    """What a task asks of the logits at END."""

    LOGIT_DIFFERENCE = "logit_difference"
    """Mean logit of the answers minus mean logit of the others."""
    PROBABILITY_DIFFERENCE = "probability_difference"
    """Probability of all answers minus probability of all others."""


@dataclass(frozen=True)
class TaskBatch(PromptBatch):
    """Prompts of a task with their counterparts and answers."""

    corrupted: Int[Tensor, "batch pos"]
    """The counterparts, token by token in line with the prompts, and with the same padding."""
    marks: Mapping[str, Bool[Tensor, "batch pos"]]
    """Named places, the same in prompt and counterpart; END is always among them."""
    answer_ids: Int[Tensor, "batch answer"]
    """Right next tokens; NO_ANSWER fills up."""
    other_ids: Int[Tensor, "batch other"]
    """Wrong next tokens that the right ones are held against; NO_ANSWER fills up."""
    control_ids: Int[Tensor, "batch 2"]
    """Two tokens of the answers' class that neither prompt nor counterpart says anything about: a head that moves
    the difference of their logits does something else than the task."""
    template: Int[Tensor, " batch"]
    """Which of the task's templates made the prompt."""
    corrupted_answer_ids: Int[Tensor, "batch corrupted_answer"] | None
    """Right next tokens of the counterparts; None where these ask something that has no answer."""
    subtask: Int[Tensor, " batch"] | None = None
    """Which of several mappings a prompt shows, whatever template it has; None where a task is one."""

    @property
    def subtask_of_each(self) -> Int[Tensor, " batch"]:
        """The subtask of each prompt; the same for all where the task is one."""
        return torch.zeros_like(self.template) if self.subtask is None else self.subtask

    @property
    def sha256(self) -> str:
        """Hash of prompts, counterparts and answers."""
        digest = hashlib.sha256(super().sha256.encode())
        for tensor in (self.corrupted, self.answer_ids, self.other_ids, self.control_ids):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(tensor.cpu().numpy().astype("<i8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Task(PromptFamily):
    """A family of prompts with answers."""

    measure: Measure
    required_accuracy: float
    """Share of prompts that a language model must get right before any of its heads is scored. It lies halfway between
    guessing and perfection: below that, most of what it does on these prompts is not the task."""
    sentences: Callable[[random.Random], str] = field(repr=False)
    """One example with its answer as text, to train a language model on; word combinations of prompts are never among
    them (`hold_out.py`)."""

    @property
    def has_own_length(self) -> bool:
        """Sentences are as long as they are."""
        return True


def halfway(n_choices: int) -> float:
    """Accuracy halfway between guessing among so many answers and perfection."""
    return (1 + 1 / n_choices) / 2
