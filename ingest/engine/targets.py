"""Targets of a scan: checked against the prompts, and counted."""

from collections.abc import Mapping

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import DetectorDefinitionError
from ingest.measure import KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch


def check_targets(targets: Mapping[str, Targets], batch: PromptBatch, *, is_causal: bool = True) -> None:
    """Refuse targets that do not fit the prompts; a mass above 1 or on padding must not come out as a score.

    Raises:
        DetectorDefinitionError: Wrong shape, a target on padding or after its query, or a key named twice.
    """
    for name, target in targets.items():
        problem = (
            _relational_problem(target, batch, is_causal)
            if isinstance(target, RelationalTargets)
            else _property_problem(target, batch)
        )
        if problem:
            raise DetectorDefinitionError(f"The targets {name!r} {problem}; correct the detector.")


def _relational_problem(target: RelationalTargets, batch: PromptBatch, is_causal: bool) -> str | None:
    if target.keys.shape[:2] != batch.tokens.shape:
        return f"have shape {tuple(target.keys.shape[:2])}, the prompts {tuple(batch.tokens.shape)}"
    position = torch.arange(batch.tokens.shape[1])[:, None]
    if is_causal and bool((target.keys > position).any()):
        return "name a key after its query"
    if not bool(batch.is_real.all()):
        at_batch = torch.arange(batch.tokens.shape[0])[:, None, None]
        if bool(((target.keys >= 0) & ~batch.is_real[at_batch, target.keys.clamp(min=0)]).any()):
            return "name a key on padding"
    if bool((target.is_counted & ~batch.is_real).any()):
        return "count a query on padding"
    if target.keys.shape[-1] > 1:
        ordered = target.keys.sort(dim=-1).values
        if bool(((ordered[..., 1:] == ordered[..., :-1]) & (ordered[..., 1:] >= 0)).any()):
            return "name a key twice for one query"
    return _option_problem(target)


def _option_problem(target: RelationalTargets) -> str | None:
    if target.counted is not None and bool(((target.keys >= 0).any(dim=-1) & ~target.counted).any()):
        return "name a key for a query that does not count"
    if not 0 <= target.floor < 1:
        return f"have a floor of {target.floor}, and attention lies in [0, 1]"
    return None


def _property_problem(target: KeyProperty, batch: PromptBatch) -> str | None:
    if target.is_target.shape != batch.tokens.shape or target.is_counted.shape != batch.tokens.shape:
        return f"do not have the prompts' shape {tuple(batch.tokens.shape)}"
    if bool(((target.is_target | target.is_counted) & ~batch.is_real).any()):
        return "name a key or count a query on padding"
    return None


def n_counted(target: Targets) -> Int[Tensor, " batch"]:
    """Counted queries of each prompt."""
    return target.is_counted.sum(dim=-1)
