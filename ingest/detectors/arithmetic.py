"""Arithmetic heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.arithmetic import arithmetic as sums

OPERANDS = ("first", "second")


def direct_from_operands(run: TaskRun) -> ItemScores:
    """The part of it that reaches the logits directly, without the MLPs that add."""
    return direct_shares(run, OPERANDS)


@task_detector(
    version=1,
    metric="moved_task_share",
    task=sums,
    paper="2305.15054",
    definitions={"read_directly_task_share": direct_from_operands},
)
def arithmetic(run: TaskRun) -> ItemScores:
    """What a head moves from the numbers of a sum to where the result is due.

    Prompts add two numbers from 1 to 12; the counterpart has two others with another sum. What the head reads at the
    numbers, at the last position, becomes what it reads there in the counterpart; everything behind follows. The effect
    is the change of the logit difference between the right sum and all other sums, as a share of what the counterpart
    costs.

    Gate: the right sum leads all others in 52 % of the prompts, halfway between guessing and perfection.

    Returns:
        1 where the head moves all that the result depends on; 0 for a head that does nothing of the kind.

    Source:
        Stolfo et al. 2023, arXiv:2305.15054: what carries operands to the last position and the result from there is
        found by mediation on counterparts with other operands. They measure relative changes of probability by layer
        and part; here it is one logit difference, head by head, and what is read at the operands alone.
    """
    return moved_shares(run, OPERANDS)
