"""Context heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.knowledge_conflict import knowledge_conflict


def moved_from_context(run: TaskRun) -> ItemScores:
    """The effect by all ways, through later heads and MLPs too."""
    return moved_shares(run, "context")


@task_detector(
    version=1,
    metric="read_directly_task_share",
    task=knowledge_conflict,
    paper="2402.18154",
    definitions={"moved_task_share": moved_from_context},
)
def context(run: TaskRun) -> ItemScores:
    """What a head reads at a false statement and adds to the logits directly.

    Prompts say a capital or language that is not the country's own and ask for it in the story; the counterpart says a
    third one. What the head reads at the stated word becomes what it reads there in the counterpart, and all behind the
    head is frozen. The effect is the change of the logit difference between what the context states and what is true,
    as a share of what the counterpart costs. The mirror image of memory heads, which have prompts with the same
    statements.

    Gate: the stated word leads the true one in three of four prompts; a language model that answers from memory here
    has no such heads to find.

    Returns:
        1 where the head alone carries the stated word to the logits; 0 for a head that does nothing of the kind.

    Source:
        Jin et al. 2024, arXiv:2402.18154: heads are ranked by path patching to the output, for the answer that the
        context states; whole heads are patched there, and what is read at the statement here. They count the change of
        probability of one answer, we the logit difference of both. The words that lead to the question are ours.
    """
    return direct_shares(run, "context")
