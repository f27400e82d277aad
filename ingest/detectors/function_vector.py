"""Function-vector heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import shares
from ingest.tasks.in_context_mapping import in_context_mapping


@task_detector(version=1, metric="function_vector_task_share", task=in_context_mapping, paper="2310.15213")
def function_vector(run: TaskRun) -> ItemScores:
    """What a head's mean output over prompts of a mapping restores in a prompt with images out of order.

    Prompts show ten words with their images by one of several mappings; the counterpart has the same words and images,
    none beside its own. At the last position of the counterpart the head's output becomes its mean over the other
    prompts of the same mapping, whatever words and templates these have; everything behind follows. The effect is the
    rise of the logit difference between the right image and the others, as a share of what the counterpart costs. The
    prompt's own words are not in the mean, so what is restored is the mapping and no answer.

    Gate: the right image leads in 55 % of the prompts, halfway between guessing and perfection, and images out of order
    cost something.

    Returns:
        1 where the head's mean output alone restores what order gives; 0 for a head that does nothing of the kind.

    Source:
        Todd et al. 2023, arXiv:2310.15213, average indirect effect with ten examples: change of the probability of the
        right answer when the mean over correct prompts is put into prompts with shuffled labels, mean over tasks; they
        take the ten best heads and draw no line. Here it is a logit difference, as a share; means are over fewer
        prompts, and never over the prompt that is patched.
    """
    effect, control = (run.mean_effect_in_counterpart(measure) for measure in ("task", "control"))
    return shares(run, effect, control)
