"""Effects on a task as scores: shares of what the corrupted words cost, beside those of the off-task control.

A detector of cause ends with `shares`, or with one that ends there, whatever it patched or ablated, so that effects of
all types are comparable: 1 is as much as replacing all the words that matter costs the language model.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.evidence import ItemScores
from ingest.interventions.task_run import Marks, TaskRun
from ingest.tasks.task import END


def shares(
    run: TaskRun,
    effect: Float[Tensor, "layer head batch"],
    control: Float[Tensor, "layer head batch"],
    *,
    intact: TaskRun | None = None,
) -> ItemScores:
    """Effects of heads on a task as a detector returns them.

    Args:
        run: The task.
        effect: Intact minus changed; turned round for a type whose heads work against the task.
        control: The same on the off-task control, in logits; its sign means nothing.
        intact: The run whose clean and corrupted values make the whole, where `run` has heads knocked out.

    Returns:
        For each head and prompt the effect over mean(clean − corrupted). Chance is 0. The null model is the size of the
        effect on the control, over the same difference in logits.
    """
    whole = intact or run
    share = effect / (whole.clean - whole.corrupted).mean()
    # A control is a difference of logits; so is what it is a share of, also where the task measures probabilities.
    size = control.abs() / whole.moved_logits.mean()
    return ItemScores(share.float().cpu(), torch.zeros(share.shape[-1]), size.float().cpu())


def moved_shares(run: TaskRun, mark: Marks, *, to: Marks = END) -> ItemScores:
    """What each head moves from one place of the prompts to another, directly and through all that follows."""
    return shares(run, run.moving_effect(to, mark), run.moving_effect(to, mark, "control"))


def direct_shares(run: TaskRun, mark: Marks) -> ItemScores:
    """What each head reads at a place and writes to the logits of END without detours."""
    return shares(run, run.direct_effect(from_mark=mark), run.direct_effect("control", from_mark=mark))
