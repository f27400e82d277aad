"""Name movers; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.name_copies import name_copies
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import shares
from ingest.tasks.indirect_object import indirect_object
from ingest.tasks.task import END, TaskBatch
from ingest.weights import WeightView


def attention_to_indirect_object(batch: PromptBatch) -> KeyProperty:
    """Attention from the last token to the indirect object."""
    assert isinstance(batch, TaskBatch), "its prompts are a task"
    return KeyProperty(batch.marks["io"], batch.marks[END])


def copied_names(weights: WeightView) -> ItemScores:
    """Share of names that are among the five tokens which the head raises most when it attends to them."""
    return name_copies(weights, sign=1)


@task_detector(
    version=1,
    tier=Tier.V2,
    metric="direct_effect_on_indirect_object",
    task=indirect_object,
    paper="2211.00593",
    definitions={
        "indirect_object_mass": Definition(attention_to_indirect_object, Evidence.PATTERN),
        "name_copies_top5": Definition(copied_names, Evidence.WEIGHTS),
    },
)
def name_mover(run: TaskRun) -> ItemScores:
    """Direct effect of a head on the logit of the indirect object above that of the subject.

    Sentences name two people, and one of them again: "When Mary and John went to the store, John gave the book to". The
    head's output at the last token is replaced by what it is where three other names stand in the three places, and all
    that lies behind the head is frozen but for the final norm.

    Gate: the language model prefers the indirect object in three quarters of the prompts or more.

    The off-task control is the difference of two names that neither prompt nor counterpart mentions.

    Returns:
        For each prompt the effect as a share of mean(clean − corrupted): 1 is the whole logit difference. Chance is 0.

    Source:
        Wang et al. 2022, arXiv:2211.00593, path patching from heads to logits on IOI against the ABC distribution. They
        name the heads of largest effect and draw no line. Where we differ: MLPs behind the head are frozen too, so that
        only the residual stream leads to the logits; our sentences are our own. What they then show of such heads,
        attention to the indirect object and copying of names, are further metrics here, the first on the same prompts.
    """
    return shares(run, run.direct_effect(), run.direct_effect("control"))
