"""How well a language model does a task: the task's measure of the logits at END, and the share of right answers."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.tasks.task import NO_ANSWER, Measure, TaskBatch


def measured(logits: Float[Tensor, "batch vocabulary"], batch: TaskBatch, measure: Measure) -> Float[Tensor, " batch"]:
    """The measure of each prompt; positive where the right answers lead, 0 for a language model that cannot tell.

    Returns:
        Logits for a logit difference, -1 to 1 for a difference of probabilities.
    """
    if measure is Measure.LOGIT_DIFFERENCE:
        return _mean(logits, batch.answer_ids) - _mean(logits, batch.other_ids)
    probabilities = logits.float().softmax(dim=-1)
    return _sum(probabilities, batch.answer_ids) - _sum(probabilities, batch.other_ids)


def control_difference(logits: Float[Tensor, "batch vocabulary"], batch: TaskBatch) -> Float[Tensor, " batch"]:
    """Logit difference of two tokens that the task says nothing about."""
    first, second = logits.gather(1, batch.control_ids.to(logits.device)).unbind(dim=1)
    return first - second


def is_right(logits: Float[Tensor, "batch vocabulary"], batch: TaskBatch) -> Bool[Tensor, " batch"]:
    """Whether a right answer has a larger logit than every wrong one of the prompt."""
    best, wrong = (_largest(logits, ids) for ids in (batch.answer_ids, batch.other_ids))
    return best > wrong


def accuracy(logits: Float[Tensor, "batch vocabulary"], batch: TaskBatch) -> float:
    """Share of prompts whose right answer leads, in [0, 1]."""
    return float(is_right(logits, batch).double().mean())


def logit_weights(batch: TaskBatch, d_vocab: int) -> Float[Tensor, "batch vocabulary"]:
    """Weights whose sum over logits is the logit difference: what direct logit attribution projects on."""
    weights = torch.zeros(len(batch.answer_ids), d_vocab + 1)
    for ids, sign in ((batch.answer_ids, 1.0), (batch.other_ids, -1.0)):
        is_id = ids != NO_ANSWER
        share = sign * is_id / is_id.sum(dim=1, keepdim=True).clamp(min=1)
        weights.scatter_add_(1, ids.where(is_id, torch.tensor(d_vocab)), share)
    return weights[:, :d_vocab]


def _mean(logits: Float[Tensor, "batch vocabulary"], ids: Int[Tensor, "batch answer"]) -> Float[Tensor, " batch"]:
    return _sum(logits, ids) / (ids != NO_ANSWER).sum(dim=1).to(logits.device)


def _sum(values: Float[Tensor, "batch vocabulary"], ids: Int[Tensor, "batch answer"]) -> Float[Tensor, " batch"]:
    ids = ids.to(values.device)
    return values.gather(1, ids.clamp(min=0)).where(ids != NO_ANSWER, 0.0).sum(dim=1)


def _largest(logits: Float[Tensor, "batch vocabulary"], ids: Int[Tensor, "batch answer"]) -> Float[Tensor, " batch"]:
    ids = ids.to(logits.device)
    return logits.gather(1, ids.clamp(min=0)).where(ids != NO_ANSWER, -torch.inf).amax(dim=1)
