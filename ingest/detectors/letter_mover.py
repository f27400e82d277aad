"""Letter mover heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.measure import KeyProperty
from ingest.metrics.attention_from_end import attention_from_end
from ingest.prompts.batch import PromptBatch
from ingest.task_scores import direct_shares, moved_shares
from ingest.tasks.acronym import acronym


def direct_from_initial(run: TaskRun) -> ItemScores:
    """The part of it that reaches the logits directly: the letter is written as such."""
    return direct_shares(run, "c3")


def attention_to_initial(batch: PromptBatch) -> KeyProperty:
    """Attention from the second letter to the word whose initial is due."""
    return attention_from_end(batch, "c3")


@task_detector(
    version=1,
    metric="moved_task_share",
    task=acronym,
    paper="2405.04156",
    definitions={
        "read_directly_task_share": direct_from_initial,
        "acronym_initial_mass": Definition(attention_to_initial, Evidence.PATTERN),
    },
)
def letter_mover(run: TaskRun) -> ItemScores:
    """What a head moves from the initial of the third word to the bracket where it is due.

    Prompts are three words and the first two letters of their acronym; the counterpart has another third word. What the
    head reads at the token with that word's initial, at the second letter, becomes what it reads there in the
    counterpart; everything behind follows. The effect is the change of the logit difference between the right letter
    and all other letters, as a share of what the counterpart costs.

    Gate: the right letter leads all others in 52 % of the prompts, halfway between guessing and perfection.

    Returns:
        1 where the head moves all that the third letter depends on; 0 for a head that does nothing of the kind.

    Source:
        García-Carrasco et al. 2024, arXiv:2405.04156: letter movers are found by patching onto the logit difference,
        and attend from the letter before to the token with the initial that is due. Their prompts force every letter
        to be a token of its own; ours keep to letters that the tokenizer splits by itself. They patch whole heads; here
        only what is read at the initial is patched, so that heads that read the bracket itself are told apart, and
        attention to it is a metric of its own. Only the third letter is asked for.
    """
    return moved_shares(run, "c3")
