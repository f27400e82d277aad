import pytest
import torch

from ingest.interventions.task_run import TaskRun
from ingest.task_scores import shares
from ingest.tasks.task import Measure
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

BATCH = make_task_batch()


@pytest.mark.parametrize("measure", list(Measure))
def test_effects_are_shares_of_what_corrupted_words_cost(measure: Measure) -> None:
    run = TaskRun(make_tiny("llama"), BATCH, make_task(measure))
    effect, control = run.direct_effect(), run.direct_effect("control")
    found = shares(run, effect, control)
    assert torch.allclose(found.value * (run.clean - run.corrupted).mean(), effect, atol=1e-6)
    assert torch.allclose(found.null * run.moved_logits.mean(), control.abs(), atol=1e-6)
    assert not found.chance.any()


def test_a_control_in_logits_is_a_share_of_logits() -> None:
    logits = TaskRun(make_tiny("gpt2"), BATCH, make_task(Measure.LOGIT_DIFFERENCE))
    probabilities = TaskRun(make_tiny("gpt2"), BATCH, make_task(Measure.PROBABILITY_DIFFERENCE))
    assert torch.allclose(logits.moved_logits, logits.clean - logits.corrupted, atol=1e-5)
    assert torch.equal(probabilities.moved_logits, logits.moved_logits)


def test_a_run_with_heads_knocked_out_is_held_against_the_intact_one() -> None:
    run = TaskRun(make_tiny("llama"), BATCH, make_task())
    effect = run.direct_effect()
    found = shares(run, 2 * effect, effect, intact=run)
    assert torch.allclose(found.value, 2 * shares(run, effect, effect).value)
