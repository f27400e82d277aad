"""Vulnerable heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.errors import GateFailedError
from ingest.evidence import ItemScores
from ingest.interventions.off_task import off_task
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import shares
from ingest.tasks.acronym import acronym

FEWEST_WRONG = 0.1
"""Share of prompts that the language model must get wrong: below it a few accidents would make the score."""


@task_detector(version=1, metric="attribution_against_answer_share", task=acronym, paper="2407.19842")
def vulnerable(run: TaskRun) -> ItemScores:
    """What a head adds against the right letter of an acronym where the language model gets it wrong.

    Prompts are three words and the first two letters of their acronym. A head's direct contribution to the logit
    difference between the right letter and all others counts with its sign turned, on the prompts that end wrong; the
    others count as nothing. So a head is found whose contribution turns against the answer exactly there. The mean is
    over wrong prompts, as a share of what another third word costs.

    Gate: the language model does the task, and gets at least a tenth of the prompts wrong. A perfect one has no such
    heads to find, and none is refuted.

    Returns:
        Positive where the head works against the right letter; negative where it helps even where others fail.

    Raises:
        GateFailedError: Too few prompts end wrong.

    Source:
        García-Carrasco et al. 2024, arXiv:2407.19842: samples that GPT-2 small gets wrong are searched for, and direct
        logit attribution and the logit lens show which heads turn against the answer; a case study without a number.
        Our prompts are not searched for: those that happen to end wrong are used.
    """
    wrong = (~run.is_right).float()
    if wrong.mean() < FEWEST_WRONG:
        raise GateFailedError(
            f"The language model gets {wrong.mean():.1%} of the prompts wrong, and {FEWEST_WRONG:.0%} are needed to "
            "see what turns against the answer.",
            metric="share of wrong answers on acronym",
            value=float(wrong.mean()),
            required=FEWEST_WRONG,
        )
    # Weighed so that the mean over all prompts is the mean over wrong ones.
    weight = wrong / wrong.mean()
    return shares(run, -run.direct_logits() * weight, off_task(run).direct_logits() * weight)
