"""Prompts of an encoder end as its tokenizer ends every text, with [SEP] for one.

Families of prompts know nothing of it: they open a prompt and fill it. The closing token takes the place right after
the last token of each prompt, so that nothing moves; it is a key like any other, and a query that never counts.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch

from ingest.loaded_model import LoadedModel
from ingest.measure import NO_KEY, AttentionTargets, KeyProperty, MomentTargets, RelationalTargets
from ingest.prompts.batch import PromptBatch


def closed(loaded: LoadedModel, batch: PromptBatch) -> PromptBatch:
    """The prompts with their closing token, one column wider; as they are where the language model has none."""
    if loaded.closing_id is None:
        return batch
    tokens = torch.nn.functional.pad(batch.tokens, (0, 1))
    is_real = torch.nn.functional.pad(batch.is_real, (0, 1))
    end = is_real.shape[1] - is_real.flip(-1).byte().argmax(dim=-1, keepdim=True)
    return PromptBatch(tokens.scatter(1, end, loaded.closing_id), is_real.scatter(1, end, True), batch.has_bos)


def widened(loaded: LoadedModel, targets: Mapping[str, AttentionTargets]) -> dict[str, AttentionTargets]:
    """Targets on the closed prompts: the closing token is none, and does not count as a query."""
    if loaded.closing_id is None:
        return dict(targets)
    return {name: _widened(target) for name, target in targets.items()}


def _widened(target: AttentionTargets) -> AttentionTargets:
    if isinstance(target, RelationalTargets):
        keys = torch.nn.functional.pad(target.keys, (0, 0, 0, 1), value=NO_KEY)
        counted = None if target.counted is None else torch.nn.functional.pad(target.counted, (0, 1))
        return replace(target, keys=keys, counted=counted)
    is_counted = torch.nn.functional.pad(target.is_counted, (0, 1))
    if isinstance(target, MomentTargets):
        return replace(target, is_counted=is_counted)
    return KeyProperty(torch.nn.functional.pad(target.is_target, (0, 1)), is_counted)
