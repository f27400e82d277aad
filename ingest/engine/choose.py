"""The engine that serves a language model: streaming where every layer is captured, the reference elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from ingest.engine import reference, streaming
from ingest.engine.capture import count_captures
from ingest.engine.closing import closed, widened
from ingest.engine.logits import HeadOutputs, asked_queries, check_logit_targets, rank_shares
from ingest.engine.result import EngineResult
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import AnyTargets, AttentionTargets, LogitTargets
from ingest.prompts.batch import PromptBatch


def measure(
    loaded: LoadedModel,
    batch: PromptBatch,
    targets: Mapping[str, AnyTargets],
    *,
    batch_size: int = 8,
    after_batch: Callable[[int], None] = lambda n_prompts: None,
) -> EngineResult:
    """Mass or rank share on each target for every head and prompt, all from the same forward passes.

    `attention_path` says which engine computed the masses. Arguments are those of `streaming.measure`; tokens to be
    raised or lowered may stand among the targets.

    Raises:
        UnsupportedAttentionError: Neither engine can measure this family exactly.
        UnsupportedArchitectureError: Tokens are asked for, and how this family writes to the logits is not known.
        PromptError: Prompts that this language model cannot read.
        DetectorDefinitionError: Targets that do not fit the prompts.
    """
    to_raise = {name: target for name, target in targets.items() if isinstance(target, LogitTargets)}
    to_attend: dict[str, AttentionTargets] = {
        name: target for name, target in targets.items() if not isinstance(target, LogitTargets)
    }
    if not to_raise:
        return _attended(loaded, batch, to_attend, batch_size, after_batch)
    count_captures(loaded)  # a probe of its own, which must not be taken for a pass over the prompts
    check_logit_targets(to_raise, batch, loaded.d_vocab)
    asked = asked_queries(to_raise)
    outputs = HeadOutputs(loaded, torch.stack(list(asked.values())).any(dim=0))
    with outputs.listening():
        attended = _attended(loaded, batch, to_attend, batch_size, after_batch)
    return replace(attended, measurements={**attended.measurements, **rank_shares(loaded, outputs, to_raise, asked)})


def _attended(
    loaded: LoadedModel,
    batch: PromptBatch,
    targets: Mapping[str, AttentionTargets],
    batch_size: int,
    after_batch: Callable[[int], None],
) -> EngineResult:
    batch, targets = closed(loaded, batch), widened(loaded, targets)
    n_captures = count_captures(loaded)
    if n_captures == len(loaded.attention_layers):
        return streaming.measure(loaded, batch, targets, batch_size=batch_size, after_batch=after_batch)
    if n_captures == 0:
        return reference.measure(loaded, batch, targets, batch_size=batch_size, after_batch=after_batch)
    raise UnsupportedAttentionError(
        f"Only {n_captures} of the {len(loaded.attention_layers)} layers with heads of this {loaded.architecture} "
        "model attend through transformers' attention interface; choose another language model."
    )
