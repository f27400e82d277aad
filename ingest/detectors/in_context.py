"""In-context heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.in_context_labels import in_context_labels

LABELS = ("right_label", "wrong_label")


def direct_from_labels(run: TaskRun) -> ItemScores:
    """The part of it that reaches the logits directly: the vote itself."""
    return direct_shares(run, LABELS)


@task_detector(
    version=1,
    metric="moved_task_share",
    task=in_context_labels,
    paper="2402.02872",
    definitions={"read_directly_task_share": direct_from_labels},
)
def in_context(run: TaskRun) -> ItemScores:
    """What a head moves from the labels of examples to where the label of a further word is due.

    Prompts show eight words of two kinds with a letter each; in the counterpart the two letters have changed roles.
    What the head reads at the letters, at the last position, becomes what it reads there in the counterpart; everything
    behind follows. The effect is the change of the logit difference between the two letters, as a share of what the
    counterpart costs. The word that is asked about is none of the examples, so that a copy of an exact match is no
    answer.

    Gate: the right letter leads in three of four prompts.

    Returns:
        1 where the head moves all that the choice depends on; 0 for a head that does nothing of the kind.

    Source:
        Yu & Ananiadou 2024, arXiv:2402.02872: heads whose removal changes the logits of the labels most, whose values
        at the labels carry the label and whose attention measures likeness. Effect and place are asked for here;
        likeness is not measured.
    """
    return moved_shares(run, LABELS)
