"""Patching what heads move from place to place: taken together it is patching of whole heads."""

from dataclasses import replace

import pytest
import torch

from ingest.errors import PromptError
from ingest.interventions.off_task import off_task
from ingest.interventions.task_run import TaskRun
from ingest.tasks.task import END
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

_MADE = make_task_batch(8)
BATCH = replace(_MADE, marks={**_MADE.marks, "all": _MADE.is_real})
families = pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])


def _run(family: str) -> TaskRun:
    return TaskRun(make_tiny(family), BATCH, make_task())


@families
def test_all_that_is_read_everywhere_is_the_whole_head(family: str) -> None:
    run = _run(family)
    assert torch.allclose(run.direct_effect(from_mark="all"), run.direct_effect(), atol=1e-4)
    assert torch.allclose(run.moving_effect("all", "all"), run.patching_effect(), atol=1e-4)


@families
def test_several_marks_are_taken_together(family: str) -> None:
    run = _run(family)
    union = BATCH.marks["subject"] | BATCH.marks["before"]
    joined = replace(run, batch=replace(BATCH, marks={**BATCH.marks, "both": union}), _kept={})
    assert torch.allclose(
        run.direct_effect(from_mark=("subject", "before")), joined.direct_effect(from_mark="both"), atol=1e-6
    )


@families
def test_nothing_is_moved_to_where_it_cannot_be_seen(family: str) -> None:
    # Only the subject differs from the counterpart, and no query before it sees it.
    assert torch.allclose(_run(family).moving_effect("before", "all"), torch.zeros(()), atol=1e-5)


@families
def test_what_is_moved_to_the_end_acts_through_later_parts_too(family: str) -> None:
    run = _run(family)
    moved, direct = run.moving_effect(END, "subject"), run.direct_effect(from_mark="subject")
    assert not torch.allclose(moved[0], direct[0], atol=1e-3)


def test_the_off_task_run_asks_for_the_control_tokens() -> None:
    run = _run("llama")
    control = off_task(run)
    assert torch.allclose(control.clean, run.control, atol=1e-5)
    assert torch.allclose(control.direct_effect(), run.direct_effect("control"), atol=1e-5)


def test_a_place_that_is_not_marked_is_refused_by_name() -> None:
    with pytest.raises(PromptError, match="marks no 'summary'"):
        _run("gpt2").moving_effect(END, ("subject", "summary"))
