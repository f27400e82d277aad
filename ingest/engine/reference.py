"""The slow truth: full patterns from eager attention, against which the streaming engine is checked.

It also serves families that ignore the attention interface. Memory grows with the square of the length.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.architectures.windows import attention_windows
from ingest.engine.forward import check_prompts, forward
from ingest.engine.moments import check_moment_targets, moment_measurement, sums_of_pattern
from ingest.engine.result import EngineResult, collect_measurement
from ingest.engine.streaming import split_targets
from ingest.engine.targets import check_targets
from ingest.engine.visible import LayerVisibility, VisibleKeys
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import AttentionTargets, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch


def measure(
    loaded: LoadedModel,
    batch: PromptBatch,
    targets: Mapping[str, AttentionTargets],
    *,
    batch_size: int = 8,
    after_batch: Callable[[int], None] = lambda n_prompts: None,
) -> EngineResult:
    """Mass on each target, and each moment, for every head and prompt, read off the full patterns.

    Arguments and errors are those of `streaming.measure`.
    """
    check_prompts(loaded, batch)
    masses, moments = split_targets(targets)
    check_targets(masses, batch, is_causal=loaded.is_causal)
    check_moment_targets(moments, batch)
    sums: dict[str, list[Tensor]] = {name: [] for name in targets}
    for start in range(0, batch.tokens.shape[0], batch_size):
        rows = slice(start, start + batch_size)
        layers = patterns(loaded, PromptBatch(batch.tokens[rows], batch.is_real[rows], batch.has_bos))
        for name, target in masses.items():
            sums[name].append(torch.stack([_sum_on(pattern, target, rows) for pattern in layers]))
        for name, moment in moments.items():
            sums[name].append(torch.stack([sums_of_pattern(pattern, moment.is_counted[rows]) for pattern in layers]))
        after_batch(len(batch.tokens[rows]))
    visibility = _visibility(loaded, batch)
    measurements = {
        name: collect_measurement(torch.cat(sums[name], dim=-1), target, loaded, visibility)
        for name, target in masses.items()
    } | {
        name: moment_measurement(torch.cat(sums[name], dim=1), moment, loaded, visibility)
        for name, moment in moments.items()
    }
    return EngineResult(measurements, "reference", len(loaded.attention_layers))


def _visibility(loaded: LoadedModel, batch: PromptBatch) -> LayerVisibility:
    """What queries see by the configuration: patterns cannot tell a hidden key from one of vanishing weight."""
    windows = attention_windows(loaded.model.config, loaded.attention_layers, is_causal=loaded.is_causal)
    distinct = list(dict.fromkeys(windows))
    kinds = [VisibleKeys.within(batch.is_real, window=window, is_causal=loaded.is_causal) for window in distinct]
    return LayerVisibility(kinds, [distinct.index(window) for window in windows])


def patterns(loaded: LoadedModel, batch: PromptBatch) -> list[Float[Tensor, "batch head query key"]]:
    """The pattern of every layer that has heads, on the CPU, in float32.

    Raises:
        UnsupportedAttentionError: A layer returns no pattern, or one that is not causal.
    """
    model: Any = loaded.model
    before = model.config._attn_implementation
    try:
        if before != "eager":
            model.set_attn_implementation("eager")
        with torch.no_grad():
            output = forward(loaded, batch.tokens, batch.is_real, output_attentions=True)
    finally:
        if before != "eager":
            model.set_attn_implementation(before)
    found = [pattern.float().cpu() for pattern in getattr(output, "attentions", None) or () if pattern is not None]
    if len(found) != len(loaded.attention_layers):
        raise UnsupportedAttentionError(
            f"{len(found)} of the {len(loaded.attention_layers)} layers with heads of this {loaded.architecture} model "
            "return an attention pattern; choose another language model."
        )
    if loaded.is_causal and any(_looks_ahead(pattern, batch.is_real) for pattern in found):
        raise UnsupportedAttentionError(
            f"In this {loaded.architecture} model a token attends to later tokens, which a decoder must not; headcat "
            "measures decoders and encoders."
        )
    return found


def _looks_ahead(pattern: Float[Tensor, "batch head query key"], is_real: Bool[Tensor, "batch query"]) -> bool:
    # Queries on padding see only hidden keys, which eager attention then weighs alike.
    ahead = pattern.triu(diagonal=1).amax(dim=(1, 3))
    return bool((ahead[is_real] > 0).any())


def _sum_on(
    pattern: Float[Tensor, "batch head query key"], target: Targets, rows: slice
) -> Float[Tensor, "head batch"]:
    if isinstance(target, RelationalTargets):
        keys = target.keys[rows]
        index = keys.clamp(min=0)[:, None].expand(-1, pattern.shape[1], -1, -1)
        attention = pattern.gather(3, index)
        mass = (attention * ((keys >= 0)[:, None] & (attention >= target.floor))).sum(dim=-1)
    else:
        mass = pattern @ target.is_target[rows].float()[:, None, :, None]
        mass = mass.squeeze(-1) * target.is_counted[rows][:, None]
    return mass.sum(dim=-1).T
