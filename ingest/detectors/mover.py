"""Mover heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.attention_from_end import attention_from_end
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.facts import facts


def direct_from_subject(run: TaskRun) -> ItemScores:
    """The part of it that reaches the logits directly: what is written projects to the answer by itself."""
    return direct_shares(run, "subject")


def attention_to_subject(batch: PromptBatch) -> KeyProperty:
    """Attention from the last token to the subject."""
    return attention_from_end(batch, "subject")


@task_detector(
    version=1,
    metric="moved_task_share",
    task=facts,
    paper="2405.17969",
    definitions={
        "read_directly_task_share": direct_from_subject,
        "fact_subject_mass": Definition(attention_to_subject, Evidence.PATTERN),
    },
)
def mover(run: TaskRun) -> ItemScores:
    """What a head moves from the subject of a fact to where its attribute is due.

    Prompts state a country and a relation; the counterpart is about another country. What the head reads at the
    country's tokens, at the last position alone, becomes what it reads there in the counterpart, its attention
    included; what it reads elsewhere stays, and everything behind follows. The effect is the change of the logit
    difference between the right attribute and two others, the same country's by the other relation and the other
    country's by the same relation, as a share of what the counterpart costs. A head that attends to the subject and
    writes nothing has no effect, and neither has one whose output the language model does not need.

    Gate: the right attribute leads in two of three prompts.

    Returns:
        1 where the head moves all that the answer depends on; 0 for a head that does nothing of the kind. Below 0
        where the answer gains from its loss.

    Source:
        Yao et al. 2024, arXiv:2405.17969, read mover heads off a circuit: they attend from the last position to the
        last token of the subject, and what they write projects to the answer. They name no number. Here the effect of
        what is moved stands for membership in the circuit, and a second definition asks for the direct path alone,
        which is what a projection to the answer shows, a third for attention to the subject. Prompts, counterparts and
        foils are ours.
    """
    return moved_shares(run, "subject")
