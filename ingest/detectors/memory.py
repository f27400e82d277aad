"""Memory heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.knowledge_conflict import memory_in_conflict

ENTITY = ("subject", "told_subject")


def moved_from_entity(run: TaskRun) -> ItemScores:
    """The effect by all ways, through later heads and MLPs too."""
    return moved_shares(run, ENTITY)


@task_detector(
    version=1,
    metric="read_directly_task_share",
    task=memory_in_conflict,
    paper="2402.18154",
    definitions={"moved_task_share": moved_from_entity},
)
def memory(run: TaskRun) -> ItemScores:
    """What a head reads at an entity and adds to the logits directly, where the prompt states something else.

    Prompts say a capital or language that is not the country's own and ask for the true one; the counterpart is about
    another country. What the head reads at the country, where it is told of and where it is asked about, becomes what
    it reads there in the counterpart, and all behind the head is frozen. The effect is the change of the logit
    difference between what is true and what the context states, as a share of what the counterpart costs.

    Gate: the true answer leads the stated one in three of four prompts; a language model that follows the context here
    has no such heads to find.

    Returns:
        1 where the head alone carries what is known to the logits; 0 for a head that does nothing of the kind.

    Source:
        Jin et al. 2024, arXiv:2402.18154: heads are ranked by path patching to the output with a corrupted subject, for
        the answer that is known from training; whole heads are patched there, and what is read at the subject here.
        They count the change of probability of one answer, we the logit difference of both. The words that lead to the
        question are ours.
    """
    return direct_shares(run, ENTITY)
