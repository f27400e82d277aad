"""Greater-than heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.attention_from_end import attention_from_end
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.greater_than import greater_than as years


def direct_from_start(run: TaskRun) -> ItemScores:
    """The part of it that reaches the logits directly, without the MLPs that compare."""
    return direct_shares(run, "start")


def attention_to_start(batch: PromptBatch) -> KeyProperty:
    """Attention from the last token to the digits of the first year."""
    return attention_from_end(batch, "start")


@task_detector(
    version=1,
    metric="moved_task_share",
    task=years,
    paper="2305.00586",
    definitions={
        "read_directly_task_share": direct_from_start,
        "start_year_mass": Definition(attention_to_start, Evidence.PATTERN),
    },
)
def greater_than(run: TaskRun) -> ItemScores:
    """What a head moves from the first year of a span to where the second year is due.

    Prompts name the first year and the century of the second; the counterpart begins in the year 01 of that century.
    What the head reads at the first year's last two digits, at the last position, becomes what it reads there in the
    counterpart; everything behind follows. The effect is the change of the probability of all later pairs of digits
    minus that of all others, as a share of what the counterpart costs.

    Gate: a later year leads all others in three of four prompts, and the counterpart costs something: a language model
    that always names a late year does not pass.

    Returns:
        1 where the head moves all that the answer depends on; 0 for a head that does nothing of the kind.

    Source:
        Hanna et al. 2023, arXiv:2305.00586: path patching with the same counterpart, onto the same difference of
        probabilities. Their heads act on the logits and through late MLPs, which compare; both ways count here, and
        a second definition asks for the direct one. Whole heads are patched there, and what is read at the year here;
        attention to it is a third.
        Their prompts have one template, ours five.
    """
    return moved_shares(run, "start")
