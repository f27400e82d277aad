"""Correct heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.multiple_choice import multiple_choice

LETTERS = ("right_letter", "wrong_letter")


def moved_from_letters(run: TaskRun) -> ItemScores:
    """The effect by all ways, through later heads and MLPs too."""
    return moved_shares(run, LETTERS)


@task_detector(
    version=1,
    metric="read_directly_task_share",
    task=multiple_choice,
    paper="2407.15018",
    definitions={"moved_task_share": moved_from_letters},
)
def correct(run: TaskRun) -> ItemScores:
    """What a head reads at the letters of the options and adds to the logits directly.

    Prompts have four options behind letters drawn from eight, in any order; in the counterpart the right option has
    changed places with another one, and all letters stay where they are. What the head reads at the letters, at the
    last position, becomes what it reads there in the counterpart, and all behind the head is frozen. So the effect is
    that of a choice made before, or by the head's own queries, and not of a letter or place that it prefers: a head
    that prefers one does so in the counterpart too. It is the change of the logit difference between the right letter
    and the other three, as a share of what the counterpart costs.

    Gate: the right letter leads in 62.5 % of the prompts, halfway between guessing and perfection.

    Returns:
        1 where the head alone writes the letter; 0 for a head that does nothing of the kind.

    Source:
        Wiegreffe et al. 2024, arXiv:2407.15018: a few heads of late layers promote the symbol of the chosen option,
        found by activation patching and by projection to the vocabulary, largely whatever the symbols are. Here both
        are one: the direct effect of what is read at the symbols, with letters that are drawn anew for each prompt.
    """
    return direct_shares(run, LETTERS)
