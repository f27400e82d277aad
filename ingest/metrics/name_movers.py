"""Name movers found on some prompts of a task, for types that are defined by them: backups and S-inhibition heads.

Who is found on one half of the prompts serves on the other, and the other way round, so that no prompt both selects
and scores. Halves alternate within each template.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.cause import MIN_EFFECT
from ingest.errors import NoTargetError
from ingest.interventions.task_run import TaskRun
from ingest.statistics.bootstrap import mean_interval

Effects = tuple[Float[Tensor, "layer head batch"], Float[Tensor, "layer head batch"]]
"""Effects on the task and on its off-task control."""
FEWEST_PROMPTS = 4
"""Of a half: an interval over fewer says nothing."""


def name_movers(run: TaskRun, is_selecting: Bool[Tensor, " batch"]) -> list[HeadRef]:
    """Heads whose direct effect on some prompts is at least MIN_EFFECT of the task, at the interval's lower end.

    Raises:
        NoTargetError: There are none, or too few prompts.
    """
    n_prompts = int(is_selecting.sum())
    if n_prompts < FEWEST_PROMPTS:
        raise NoTargetError(f"{n_prompts} prompts are too few to find name movers: {FEWEST_PROMPTS} are needed.")
    whole = (run.clean - run.corrupted)[is_selecting].mean()
    effect = (run.direct_effect()[..., is_selecting] / whole).double().numpy()
    low = mean_interval(effect, run.seed).low
    places = np.argwhere(low >= MIN_EFFECT)
    if not len(places):
        raise NoTargetError(
            f"No head has a direct effect of {MIN_EFFECT} of the task {run.task.name.replace('_', ' ')} at the lower "
            "end of its interval, so that there is no name mover for others to serve or to replace."
        )
    layers = run.loaded.attention_layers
    return [HeadRef(layers[layer], int(head)) for layer, head in places.tolist()]


def with_name_movers_of_the_other_half(run: TaskRun, measure: Callable[[Sequence[HeadRef]], Effects]) -> Effects:
    """Effects on every prompt, measured with the name movers that were found on the prompts of the other half.

    Args:
        run: The task.
        measure: Effects on all prompts, given name movers.

    Raises:
        NoTargetError: A half finds no name mover.
    """
    is_first = first_half(run)
    chosen = {half: tuple(name_movers(run, is_first == half)) for half in (True, False)}
    measured = {movers: measure(movers) for movers in set(chosen.values())}
    by_first, by_second = measured[chosen[True]], measured[chosen[False]]
    effect, control = (
        torch.where(is_first, of_second, of_first) for of_first, of_second in zip(by_first, by_second, strict=True)
    )
    return effect, control


def first_half(run: TaskRun) -> Bool[Tensor, " batch"]:
    """Every second prompt of each template."""
    template = run.batch.template
    is_same = (template[:, None] == template[None, :]).long()
    # How many prompts of the same template stand before each.
    place = (is_same.tril(-1)).sum(dim=1)
    return place % 2 == 0
