"""S-inhibition heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Sequence

from catalog.notation import HeadRef
from catalog.vocabulary import Tier
from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.name_movers import Effects, with_name_movers_of_the_other_half
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import shares
from ingest.tasks.indirect_object import indirect_object
from ingest.tasks.task import END, TaskBatch


def attention_to_repeated_name(batch: PromptBatch) -> KeyProperty:
    """Attention from the last token to the name that comes again, where it comes again."""
    assert isinstance(batch, TaskBatch), "its prompts are a task"
    return KeyProperty(batch.marks["s2"], batch.marks[END])


@task_detector(
    version=1,
    tier=Tier.V2,
    metric="effect_on_queries_of_name_movers",
    task=indirect_object,
    paper="2211.00593",
    definitions={"repeated_name_mass": Definition(attention_to_repeated_name, Evidence.PATTERN)},
)
def s_inhibition(run: TaskRun) -> ItemScores:
    """Effect of a head on the indirect object through the queries of the name movers.

    The head's output is replaced by that of a sentence with three other names, and only the queries of the name movers
    see the change. Name movers are the heads with a direct effect of at least 0.05 of the task at the lower end of the
    interval, found on one half of the prompts and used on the other half, and the other way round.

    Gate: the language model prefers the indirect object in three quarters of the prompts or more.

    Returns:
        For each prompt the effect as a share of mean(clean − corrupted). Chance is 0.

    Raises:
        NoTargetError: No name mover was found whose queries could be reached.

    Source:
        Wang et al. 2022, arXiv:2211.00593, path patching from heads to the queries of the name movers; they name the
        four heads of largest effect and draw no line. Where we differ: name movers are found, not named, and on other
        prompts; MLPs on the way are frozen as heads are, theirs are recomputed. Attention to the second mention of the
        subject, which they show of these heads, is the further metric repeated_name_mass; what part of the signal is
        the name's identity and what its position is not told apart.
    """

    def through_queries(movers: Sequence[HeadRef]) -> Effects:
        return run.path_effect(movers, "query"), run.path_effect(movers, "query", "control")

    return shares(run, *with_name_movers_of_the_other_half(run, through_queries))
