"""Content gatherer heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.attention_from_end import attention_from_end
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import moved_shares
from ingest.tasks.multiple_choice import multiple_choice

CONTENTS = ("right_content", "wrong_content")


def attention_to_right_content(batch: PromptBatch) -> KeyProperty:
    """Attention from the last token to the text of the right option."""
    return attention_from_end(batch, "right_content")


@task_detector(
    version=1,
    metric="moved_task_share",
    task=multiple_choice,
    paper="2307.09458",
    definitions={"right_option_mass": Definition(attention_to_right_content, Evidence.PATTERN)},
)
def content_gatherer(run: TaskRun) -> ItemScores:
    """What a head moves from the contents of the options to where the letter is due.

    Prompts have four options, one of which is of the kind that is asked for; in the counterpart it has changed places
    with another option, so that the same words and letters have another answer. What the head reads at the words of the
    options, at the last position, becomes what it reads there in the counterpart; everything behind follows. The effect
    is the change of the logit difference between the right letter and the other three, as a share of what the
    counterpart costs. Heads that read the letters themselves have no such effect.

    Gate: the right letter leads in 62.5 % of the prompts, halfway between guessing and perfection.

    Returns:
        1 where the head moves all that the choice depends on; 0 for a head that does nothing of the kind.

    Source:
        Lieberum et al. 2023, arXiv:2307.09458, find content gatherers in Chinchilla by value-weighted attention from
        the last position to the text of the right option; the weights are closed, so this is a transfer test. Merullo
        et al. 2023, arXiv:2310.08744, use the name for heads that do so with colored objects. Here the effect of what
        is moved takes the place of value-weighted attention, which says nothing of what is made of it; attention to
        the right option stands beside it.
    """
    return moved_shares(run, CONTENTS)
