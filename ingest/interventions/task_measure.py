"""The measures of a task as interventions read them: its own and its control, from the logits at END."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.interventions.logit_measure import LogitMeasure
from ingest.tasks.measures import control_difference, logit_weights, measured
from ingest.tasks.task import END, NO_ANSWER, Measure, Task, TaskBatch


def task_measure(task: Task, batch: TaskBatch) -> LogitMeasure:
    """Two rows for the prompts: the task's measure, and the logit difference of its control tokens."""
    # A probability is a share of the whole vocabulary; differences of logits need the logits of their tokens alone.
    needs_all = task.measure is Measure.PROBABILITY_DIFFERENCE
    token_ids, own = (None, batch) if needs_all else _narrowed(batch)

    def value(logits: Float[Tensor, "batch token"]) -> Float[Tensor, "2 batch"]:
        return torch.stack([measured(logits, own, task.measure), control_difference(logits, own)])

    return LogitMeasure(batch.marks[END], value, token_ids)


def task_logit_weights(batch: TaskBatch) -> tuple[Float[Tensor, "batch token"], Int[Tensor, " token"]]:
    """Weights of logits whose sum is the mean logit of the answers minus that of the others, and their tokens."""
    token_ids, own = _narrowed(batch)
    return logit_weights(own, len(token_ids)), token_ids


def _narrowed(batch: TaskBatch) -> tuple[Int[Tensor, " token"], TaskBatch]:
    """All tokens that the batch asks about, and the batch with their places among these for ids."""
    asked = torch.cat([each.flatten() for each in (batch.answer_ids, batch.other_ids, batch.control_ids)])
    token_ids = torch.unique(asked[asked != NO_ANSWER])

    def place(ids: Int[Tensor, "batch answer"]) -> Int[Tensor, "batch answer"]:
        return torch.searchsorted(token_ids, ids.contiguous()).where(ids != NO_ANSWER, NO_ANSWER)

    return token_ids, replace(
        batch,
        answer_ids=place(batch.answer_ids),
        other_ids=place(batch.other_ids),
        control_ids=place(batch.control_ids),
    )
