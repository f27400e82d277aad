"""Summary readers; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.sentiment import sentiment

SUMMARY = ("summary", "subject")


def moved_from_summary(run: TaskRun) -> ItemScores:
    """The effect by all ways, through later heads and MLPs too."""
    return moved_shares(run, SUMMARY)


@task_detector(
    version=1,
    metric="read_directly_task_share",
    task=sentiment,
    paper="2310.15154",
    definitions={"moved_task_share": moved_from_summary},
)
def summary_reader(run: TaskRun) -> ItemScores:
    """What a head reads at the places where a sentiment is summed up and adds to the logits directly.

    Prompts are short reviews; the counterpart has an adjective and a verb of the other sentiment. What the head reads
    at commas, stops and the word for the film, at the last position, becomes what it reads there in the counterpart,
    and all behind the head is frozen. These places hold the same tokens in both, so that whatever differs there was put
    there by earlier parts. The effect is the change of the logit difference between verdicts of the right and of the
    wrong sentiment, as a share of what the counterpart costs.

    Gate: a right verdict leads all wrong ones in three of four prompts.

    Returns:
        1 where the head alone turns the summary into the verdict; 0 for a head that does nothing of the kind.

    Source:
        Tigges et al. 2023, arXiv:2310.15154: direct effect of heads that attend from the last position to the summary.
        They patch along the direction of sentiment alone, we all that the counterpart changes there. Reviews are ours.
    """
    return direct_shares(run, SUMMARY)
