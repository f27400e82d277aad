"""Backup name movers; the rule of the type is in the docstring of the detector."""

from collections.abc import Sequence

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind, Tier
from ingest.detector import PublishedRule, task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.metrics.name_movers import Effects, with_name_movers_of_the_other_half
from ingest.task_scores import shares
from ingest.tasks.indirect_object import indirect_object

WANG = PublishedRule(
    threshold=0.02,
    text="direct effect above 2 % of the logit difference once the name movers are ablated",
    source="Wang et al. 2022, arXiv:2211.00593, who call their choice of heads arbitrary",
    is_applicable=False,
    why_not="it is drawn on the effect after ablation, and this score is by how much the effect has grown",
)


def _after_ablation(run: TaskRun, movers: Sequence[HeadRef]) -> Effects:
    without = run.with_ablated(movers, AblationKind.MEAN)
    return without.direct_effect(), without.direct_effect("control")


def effect_after_ablation(run: TaskRun) -> ItemScores:
    """The direct effect once the name movers are ablated, whatever it was before; as Wang et al. count."""
    return shares(run, *with_name_movers_of_the_other_half(run, lambda movers: _after_ablation(run, movers)))


@task_detector(
    version=1,
    tier=Tier.V2,
    metric="direct_effect_gained_without_name_movers",
    task=indirect_object,
    paper="2211.00593",
    rule=WANG,
    min_effect=WANG.threshold,
    definitions={"direct_effect_without_name_movers": effect_after_ablation},
)
def backup_name_mover(run: TaskRun) -> ItemScores:
    """By how much a head's direct effect on the indirect object grows once the name movers are ablated.

    Name movers are the heads with a direct effect of at least 0.05 of the task at the lower end of the interval, found
    on one half of the prompts and mean-ablated for the other half, and the other way round. A head that writes the name
    with and without them is a weak name mover and no backup: only what is gained counts.

    Gate: the language model prefers the indirect object in three quarters of the prompts or more.

    Returns:
        For each prompt the gain as a share of mean(clean − corrupted) of the intact language model. Chance is 0.

    Raises:
        NoTargetError: No name mover was found, so nothing can back one up.

    Source:
        Wang et al. 2022, arXiv:2211.00593, who knock out the three name movers of GPT-2 small by mean ablation and take
        the direct effects of the others. Where we differ: theirs is the effect after the knockout, here the further
        metric direct_effect_without_name_movers; the name movers are found, not named, and on other prompts. The least
        share of this type is their 2 %.
    """
    effect, control = with_name_movers_of_the_other_half(run, lambda movers: _after_ablation(run, movers))
    return shares(run, effect - run.direct_effect(), control - run.direct_effect("control"))
