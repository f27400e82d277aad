"""What the reference language model can do by itself, on prompts whose word combinations training text never showed."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import PreTrainedModel

from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.repeated_random_tokens import repeated_random_tokens
from ingest.reference import brackets
from ingest.reference.model import CONTEXT_LENGTH
from ingest.tasks.gate import task_gate
from ingest.tasks.measures import accuracy, measured
from ingest.tasks.task import END, Task, TaskBatch

N_PROMPTS = 200
EVALUATION_SEED = 1_000_003
"""Of the prompts; no training seed."""
_AT_ONCE = 100


@dataclass(frozen=True)
class Accuracy:
    """How well one task is done."""

    task: str
    accuracy: float
    """Share of right answers, in [0, 1]."""
    required: float | None
    """What the task's gate asks for; None where there is no gate."""
    measure: float | None
    """Mean of the task's measure: a difference of logits or of probabilities; None for what is no task."""
    passes: bool | None
    """Whether the gate is passed."""

    def as_json(self) -> dict[str, Any]:
        """As the log and the card hold it."""
        return asdict(self)


@torch.no_grad()
def accuracies(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    tasks: Sequence[Task],
    *,
    n_prompts: int = N_PROMPTS,
    seed: int = EVALUATION_SEED,
) -> list[Accuracy]:
    """Every task, then the second half of repeated random tokens and closing brackets."""
    was_training = model.training
    model.train(False)
    found = [_of_task(model, vocabulary, task, n_prompts, seed) for task in tasks]
    found.append(Accuracy("repeated_random_tokens", _repeated(model, vocabulary, n_prompts, seed), None, None, None))
    found.append(Accuracy("brackets", _brackets(model, vocabulary, n_prompts, seed), None, None, None))
    model.train(was_training)
    return found


def _of_task(model: PreTrainedModel, vocabulary: Vocabulary, task: Task, n_prompts: int, seed: int) -> Accuracy:
    batch = task.make(vocabulary, n_prompts, min(task.default_length, CONTEXT_LENGTH), seed)
    assert isinstance(batch, TaskBatch), "tasks make batches of tasks"
    logits = _logits(model, batch.tokens)[batch.marks[END]]
    values, right = measured(logits, batch, task.measure), accuracy(logits, batch)
    gate = task_gate(task, values, right)
    return Accuracy(task.name, right, task.required_accuracy, float(values.mean()), gate.passed)


def _repeated(model: PreTrainedModel, vocabulary: Vocabulary, n_prompts: int, seed: int) -> float:
    length = repeated_random_tokens.default_length
    return repeated_accuracy(model, repeated_random_tokens.make(vocabulary, n_prompts, length, seed))


def repeated_accuracy(model: PreTrainedModel, batch: PromptBatch) -> float:
    """Share of tokens of the second segment, its first one aside, that are the likeliest of the whole vocabulary."""
    guessed = _logits(model, batch.tokens).argmax(dim=-1)[:, :-1]
    return float((guessed == batch.tokens[:, 1:])[_said_before(batch)].double().mean())


def _said_before(batch: PromptBatch) -> Bool[Tensor, "batch pos"]:
    """Predictions of a token that stood earlier, made at a token that stood earlier as well."""
    seen = (batch.tokens[:, :, None] == batch.tokens[:, None, :]).tril(diagonal=-1).any(dim=-1)
    return seen[:, 1:] & seen[:, :-1]


def _brackets(model: PreTrainedModel, vocabulary: Vocabulary, n_prompts: int, seed: int) -> float:
    """Share of closing brackets whose kind has the largest logit of the three; a third by guessing."""
    assert vocabulary.encode is not None, "the reference language model has a tokenizer"
    closing = torch.tensor([vocabulary.encode(sign)[0] for sign in brackets.PAIRS.values()])
    generator = random.Random(seed)
    n_right = n_all = 0
    for _ in range(n_prompts):
        tokens = torch.tensor([[vocabulary.bos_id, *vocabulary.encode(brackets.text(generator))]])
        wanted = tokens[0, 1:]
        due = torch.isin(wanted, closing)
        guessed = closing[_logits(model, tokens)[0, :-1][:, closing].argmax(dim=-1)]
        n_right += int((guessed == wanted)[due].sum())
        n_all += int(due.sum())
    return n_right / n_all


def _logits(model: PreTrainedModel, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos vocabulary"]:
    parts = [model(part.to(model.device)).logits.float().cpu() for part in torch.split(tokens, _AT_ONCE)]
    return torch.cat(parts)
