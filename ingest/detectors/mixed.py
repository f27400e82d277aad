"""Mixed heads; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.off_task import off_task
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import shares
from ingest.tasks.facts import facts

MARKS = ("subject", "relation")


@task_detector(version=1, metric="mixed_attribution_share", task=facts, paper="2402.07321")
def mixed(run: TaskRun) -> ItemScores:
    """What a head adds to the answer directly from the subject and from the relation, the lesser of both.

    Prompts state a country and a relation. A head's direct contribution to the logit difference at the last position is
    split by the tokens from which it was read. The right attribute is held against two foils: the same country's by
    the other relation, and another country's by the same relation; what is read at the subject gains against the
    second, what is read at the relation against the first. The score is the lesser of the two parts, as a share of what
    another country costs: a head that reads one of them only has none.

    Gate: the right attribute leads in two of three prompts.

    Returns:
        Positive for a mixed head; 0 or less for subject heads, relation heads and heads that read neither.

    Source:
        Chughtai et al. 2024, arXiv:2402.07321: direct logit attribution split by source token; a head is mixed where
        neither the subject nor the relation dominates. They draw the line at a ratio, which is large by accident for
        heads that add next to nothing; the lesser part is judged instead.
    """
    subject, relation = (run.direct_logits(mark) for mark in MARKS)
    control = off_task(run)
    return shares(run, subject.minimum(relation), control.direct_logits(MARKS))
