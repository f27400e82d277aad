"""Negative name movers; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import Definition, task_detector
from ingest.evidence import Evidence, ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.metrics.name_copies import name_copies
from ingest.task_scores import shares
from ingest.tasks.indirect_object import indirect_object
from ingest.weights import WeightView


def lowered_names(weights: WeightView) -> ItemScores:
    """Share of names that are among the five tokens which the head lowers most when it attends to them."""
    return name_copies(weights, sign=-1)


@task_detector(
    version=1,
    tier=Tier.V2,
    metric="negative_direct_effect_on_indirect_object",
    task=indirect_object,
    paper="2211.00593",
    definitions={"names_lowered_bottom5": Definition(lowered_names, Evidence.WEIGHTS)},
)
def negative_name_mover(run: TaskRun) -> ItemScores:
    """Direct effect of a head against the indirect object: by how much its output lowers the logit difference.

    The same intervention as for name movers, with the sign turned: the head's output at the last token is replaced by
    that of a sentence with three other names, everything behind it is frozen, and the logit difference rises.

    Gate: the language model prefers the indirect object in three quarters of the prompts or more.

    Returns:
        For each prompt the negative effect as a share of mean(clean − corrupted). Chance is 0.

    Source:
        Wang et al. 2022, arXiv:2211.00593, who find such heads by path patching from heads to logits and draw no line.
        Where we differ: MLPs behind the head are frozen too. Their negative copy score is the further metric
        names_lowered_bottom5.
    """
    return shares(run, -run.direct_effect(), run.direct_effect("control"))
