"""From effects on a behaviour to statistics of every head: intervals, control, layer, templates.

Effects are shares of the behaviour, one for each head and prompt, and positive where the head speaks for its type. What
they are divided by is the same for all prompts and taken as known. The rule that reads these numbers is `cause.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.statistics.bootstrap import interval, resampling_weights
from ingest.statistics.layer_peers import median_of_others
from ingest.statistics.signed_rank import p_greater, smallest_p

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EffectStatistics:
    """Effects of all heads, [layer, head] each; NaN in layers without heads."""

    effect: Array
    low: Array
    """95 % interval over prompts."""
    high: Array
    control: Array
    """Mean size of the effect on the off-task control."""
    above_control_low: Array
    above_control_high: Array
    p: Array
    """Exact signed ranks of effect minus size of the control's, paired by prompt."""
    smallest_p: float
    above_layer_low: Array
    """Interval of the effect minus that of the middle head among the others of its layer; NaN where there are none."""
    above_layer_high: Array
    n_templates: int
    least_template: Array
    has_one_sign: npt.NDArray[np.bool_]
    """Whether the mean effect of every template has the sign of the whole."""
    by_prompt: Array | None = None
    """[layer, head, prompt]: the effects themselves."""
    control_by_prompt: Array | None = None
    """Size of the effects on the off-task control."""
    template: npt.NDArray[np.int64] | None = None
    """Of each prompt; None where prompts have none."""


def effect_statistics(
    effect: Array, control: Array, template: npt.NDArray[np.int64] | None, seed: int
) -> EffectStatistics:
    """Statistics of effects.

    Args:
        effect: [layer, head, prompt].
        control: Effects on the off-task control, of the same shape; their sign means nothing and is dropped.
        template: Of each prompt; None where prompts have none.
        seed: For the resampling of prompts.
    """
    n_prompts = effect.shape[-1]
    size = np.abs(control)
    weights = resampling_weights(n_prompts, seed)
    names = ("low", "high", "above_control_low", "above_control_high", "above_layer_low", "above_layer_high")
    grids: dict[str, Any] = {name: np.full(effect.shape[:2], np.nan) for name in names}
    for layer, (own, off_task) in enumerate(zip(effect, size, strict=True)):
        resampled = own @ weights  # [head, resample], one layer at a time: large models have thousands of heads
        for name, values in (
            ("", resampled),
            ("above_control_", resampled - off_task @ weights),
            ("above_layer_", resampled - median_of_others(resampled)),
        ):
            bounds = interval(values)
            grids[f"{name}low"][layer], grids[f"{name}high"][layer] = bounds.low, bounds.high
    return EffectStatistics(
        effect=effect.mean(axis=-1),
        control=size.mean(axis=-1),
        p=p_greater(effect - size),
        smallest_p=smallest_p(n_prompts),
        **over_templates(effect, template),
        by_prompt=effect,
        control_by_prompt=size,
        template=template,
        **grids,
    )


def over_templates(effect: Array, template: npt.NDArray[np.int64] | None) -> dict[str, Any]:
    """What `EffectStatistics` says of templates, for effects whose last axis is prompts; one template where None."""
    if template is None:
        template = np.zeros(effect.shape[-1], dtype=np.int64)
    means = np.stack([effect[..., template == each].mean(axis=-1) for each in np.unique(template)])
    return {
        "n_templates": len(means),
        "least_template": means.min(axis=0),
        "has_one_sign": (np.sign(means) == np.sign(effect.mean(axis=-1))).all(axis=0),
    }
