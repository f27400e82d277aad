"""Subject heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.off_task import off_task
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import shares
from ingest.tasks.facts import facts


@task_detector(version=1, metric="subject_attribution_share", task=facts, paper="2402.07321")
def subject(run: TaskRun) -> ItemScores:
    """What a head adds to the answer directly from the subject, beyond what it adds from the relation.

    Prompts state a country and a relation. A head's direct contribution to the logit difference at the last position is
    split by the tokens from which it was read. The right attribute is held against two foils: the same country's by
    the other relation, and another country's by the same relation. A head that says
    all it knows of the country raises the right attribute and the first foil alike, and gains against the second. The
    score is the part from the subject minus the size of the part from the relation, as a share of what another country
    costs.

    Gate: the right attribute leads in two of three prompts.

    Returns:
        Positive for a subject head, negative for a relation head, near 0 for a mixed one and for heads that read
        neither. Shares of direct contributions do not add up to 1, since MLPs write too.

    Source:
        Chughtai et al. 2024, arXiv:2402.07321: direct logit attribution split by source token, subject against
        relation; a head belongs to the one that dominates by a factor of about ten. That line is not applied, because a
        ratio of two small numbers is large by accident; the difference is judged instead. They read contributions to
        one attribute, we to its difference from both foils.
    """
    subject, relation = (run.direct_logits(mark) for mark in ("subject", "relation"))
    return shares(run, subject - relation.abs(), off_task(run).direct_logits("subject"))
