"""The off-task control as a task of its own: the same prompts, asked for two tokens that they say nothing about."""

from dataclasses import replace

from ingest.interventions.task_run import TaskRun


def off_task(run: TaskRun) -> TaskRun:
    """The run with the control's tokens for an answer and its wrong alternative; nothing else changes."""
    first, second = run.batch.control_ids[:, :1], run.batch.control_ids[:, 1:]
    batch = replace(run.batch, answer_ids=first, other_ids=second, corrupted_answer_ids=None)
    return replace(run, batch=batch, _kept={})
