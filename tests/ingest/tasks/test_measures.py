"""The measures of a task, worked out on paper, and the gate that stops a wrong position."""

import pytest
import torch

from ingest.tasks.gate import task_gate
from ingest.tasks.indirect_object import indirect_object
from ingest.tasks.measures import accuracy, control_difference, is_right, logit_weights, measured
from ingest.tasks.task import NO_ANSWER, Measure, TaskBatch, halfway
from tests.ingest.gpt2_tokenizer import gpt2_vocabulary


def _batch() -> TaskBatch:
    """Two prompts on a vocabulary of six: answers 1 or 1 and 2, others 3 and 4 or 3, controls 0 and 5."""
    tokens = torch.zeros(2, 3, dtype=torch.long)
    return TaskBatch(
        tokens,
        torch.ones_like(tokens, dtype=torch.bool),
        has_bos=False,
        corrupted=tokens,
        marks={"end": torch.tensor([[False, False, True]] * 2)},
        answer_ids=torch.tensor([[1, NO_ANSWER], [1, 2]]),
        other_ids=torch.tensor([[3, 4], [3, NO_ANSWER]]),
        control_ids=torch.tensor([[0, 5], [5, 0]]),
        template=torch.zeros(2, dtype=torch.long),
        corrupted_answer_ids=None,
    )


_LOGITS = torch.tensor([[7.0, 4.0, 9.0, 2.0, 1.0, 3.0], [7.0, 1.0, 2.0, 3.0, 9.0, 3.0]])


def test_logit_difference_is_mean_minus_mean() -> None:
    # 4 − (2 + 1) / 2 and (1 + 2) / 2 − 3
    assert measured(_LOGITS, _batch(), Measure.LOGIT_DIFFERENCE).tolist() == [2.5, -1.5]
    assert (_LOGITS * logit_weights(_batch(), 6)).sum(dim=1).tolist() == [2.5, -1.5]


def test_probability_difference_is_sum_minus_sum() -> None:
    logits = torch.tensor([[0.4, 0.2, 0.1, 0.1, 0.1, 0.1], [0.1, 0.3, 0.3, 0.1, 0.1, 0.1]]).log()
    found = measured(logits, _batch(), Measure.PROBABILITY_DIFFERENCE)
    # 0.2 − (0.1 + 0.1) and (0.3 + 0.3) − 0.1
    assert found.tolist() == pytest.approx([0.0, 0.5], abs=1e-6)


def test_right_is_what_beats_every_other() -> None:
    assert is_right(_LOGITS, _batch()).tolist() == [True, False]
    assert accuracy(_LOGITS, _batch()) == 0.5


def test_control_is_the_difference_of_the_two_bystanders() -> None:
    assert control_difference(_LOGITS, _batch()).tolist() == [4.0, -4.0]


def test_equal_logits_are_neither_right_nor_measured() -> None:
    level = torch.ones(2, 6)
    assert measured(level, _batch(), Measure.LOGIT_DIFFERENCE).tolist() == [0.0, 0.0]
    assert accuracy(level, _batch()) == 0.0


def test_halfway_lies_between_guessing_and_perfection() -> None:
    assert (halfway(2), halfway(4)) == (0.75, 0.625)


def _logits_that_answer_at_end(batch: TaskBatch) -> torch.Tensor:
    """As of a language model that does the task: noise everywhere, the answer raised by 4 where it is due."""
    logits = torch.randn(*batch.tokens.shape, gpt2_vocabulary().size, generator=torch.Generator().manual_seed(0))
    row = torch.arange(len(batch.tokens))
    logits[row, batch.marks["end"].int().argmax(dim=1), batch.answer_ids[:, 0]] += 4.0
    return logits


def test_gate_passes_at_end_and_stops_one_position_earlier() -> None:
    batch = indirect_object.make(gpt2_vocabulary(), 16, 32, 0)
    logits = _logits_that_answer_at_end(batch)
    row, end = torch.arange(16), batch.marks["end"].int().argmax(dim=1)
    outcomes = []
    for pos in (end, end - 1):
        found = logits[row, pos]
        values = measured(found, batch, indirect_object.measure)
        outcomes.append(task_gate(indirect_object, values, accuracy(found, batch)))
    right, wrong = outcomes
    assert right.passed
    assert right.value >= 0.9
    assert not wrong.passed
    assert wrong.value < wrong.required == 0.75
    assert wrong.metric == "accuracy on indirect_object"


def test_gate_stops_a_measure_whose_interval_holds_zero() -> None:
    values = torch.tensor([0.1] * 12 + [-1.0] * 4)
    outcome = task_gate(indirect_object, values, accuracy=12 / 16)
    assert not outcome.passed
    assert outcome.value < 0 == outcome.required
    assert outcome.metric == "lower end of logit_difference on indirect_object"
