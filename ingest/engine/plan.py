"""How the targets of a scan are measured together: few keys as pairs, many keys as a product."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.engine.kernels import AttentionCall
from ingest.engine.pairs import PairPlan, plan_pairs
from ingest.engine.properties import PropertyPlan, chosen_positions, plan_properties
from ingest.measure import NO_KEY, KeyProperty, RelationalTargets, Targets

# Up to this many keys of a prompt, single dot products are cheaper than gathering keys into a matrix.
_MAX_LISTED_KEYS = 8


class MassPlan:
    """Sums of mass for every target, from one look at each layer."""

    def __init__(self, targets: Mapping[str, Targets], device: torch.device, *, is_causal: bool = True) -> None:
        listed: dict[str, Tensor] = {}
        floors: dict[str, float] = {}
        shared: dict[str, KeyProperty] = {}
        for name, target in targets.items():
            if isinstance(target, RelationalTargets):
                listed[name] = target.keys
                floors[name] = target.floor
            elif int(target.is_target.sum(dim=-1).max()) <= _MAX_LISTED_KEYS:
                listed[name] = _as_keys(target, is_causal)
            else:
                shared[name] = target
        # A target may count no query at all, and then no pair exists.
        listed = {name: keys for name, keys in listed.items() if bool((keys >= 0).any())}
        self._parts: list[tuple[Sequence[str], PairPlan | PropertyPlan]] = []
        if listed:
            keys = [each.to(device) for each in listed.values()]
            self._parts.append((list(listed), plan_pairs(keys, [floors.get(name, 0.0) for name in listed])))
        if shared:
            are_targets = [target.is_target.to(device) for target in shared.values()]
            are_counted = [target.is_counted.to(device) for target in shared.values()]
            self._parts.append((list(shared), plan_properties(are_targets, are_counted)))

    def sums(self, call: AttentionCall, lse: Float[Tensor, "batch head pos"]) -> dict[str, Float[Tensor, "batch head"]]:
        """Mass of each target summed over its counted queries; a target without pairs is left out."""
        found: dict[str, Tensor] = {}
        for names, plan in self._parts:
            found.update(zip(names, plan.sums(call, lse), strict=True))
        return found


def _as_keys(target: KeyProperty, is_causal: bool) -> Int[Tensor, "batch pos target"]:
    """The few keys of a property, named for each counted query that sees them."""
    positions, holds = chosen_positions(target.is_target)
    is_key = holds[:, None, :] & target.is_counted[..., None]
    if is_causal:
        is_key &= positions[:, None, :] <= torch.arange(is_key.shape[1], device=positions.device)[:, None]
    return torch.where(is_key, positions[:, None, :], torch.full_like(positions, NO_KEY)[:, None, :])
