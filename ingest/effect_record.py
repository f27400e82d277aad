"""Effects as JSON, for `headcat scan --json`: every number that the causal rule reads, head by head."""

from typing import Any

from ingest.causal_arm import CausalArm
from ingest.effects import EffectStatistics
from ingest.plain_numbers import grid


def effect_record(found: EffectStatistics) -> dict[str, Any]:
    """Statistics of effects, [layer][head] each."""
    return {
        "effect": grid(found.effect),
        "ci_low": grid(found.low),
        "ci_high": grid(found.high),
        "control": grid(found.control),
        "p": grid(found.p),
        "above_layer_low": grid(found.above_layer_low),
        "above_layer_high": grid(found.above_layer_high),
        "n_templates": found.n_templates,
        "least_template": grid(found.least_template),
        "has_one_sign": [[bool(value) for value in row] for row in found.has_one_sign],
    }


def arm_record(arm: CausalArm) -> dict[str, Any]:
    """A causal arm; effects are signed so that a positive one speaks for the head type, unlike the column `effect`."""
    return {
        "behaviour": arm.behaviour,
        "description": arm.description,
        "sign": arm.sign,
        "n_prompts": arm.n_prompts,
        "intact": arm.intact,
        "absent": arm.absent_reason,
        "mean_ablation": None if arm.mean is None else effect_record(arm.mean),
        "resample_ablation": None if arm.resample is None else effect_record(arm.resample),
        "p_adjusted": None if arm.p_adjusted is None else grid(arm.p_adjusted),
        "p_attainable": arm.p_attainable,
    }
