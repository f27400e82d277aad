"""Attention mass on many keys that share a property: blocks of queries against just those keys.

One product with the gathered keys gives the mass on each, a second one with the properties' indicators sums them, for
all properties of a scan at once. The cost is that of attention to those keys alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.engine.kernels import BLOCK_ELEMENTS, AttentionCall

_BLOCK_QUERIES = 128


@dataclass(frozen=True)
class PropertyPlan:
    """Keys that have at least one of the properties, gathered."""

    positions: Int[Tensor, "batch chosen"]
    """Their positions, filled up with 0 where a prompt has fewer."""
    indicator: Float[Tensor, "batch chosen property"]
    """1 where a key has a property; 0 on fillers."""
    queries: Int[Tensor, " query"]
    """Positions at which a query counts in some prompt; only these rows are computed."""
    is_counted: Float[Tensor, "batch query property"]

    def sums(self, call: AttentionCall, lse: Float[Tensor, "batch head pos"]) -> Float[Tensor, "property batch head"]:
        """Mass summed over the counted queries of each prompt."""
        batch, n_heads, _, _ = call.query.shape
        chosen = self.positions[:, None, :, None].expand(-1, call.key.shape[1], -1, call.key.shape[-1])
        key = call.key.gather(2, chosen).float()
        totals = torch.zeros(batch, n_heads, self.indicator.shape[-1], device=lse.device)
        room = BLOCK_ELEMENTS["cuda" if call.query.is_cuda else "cpu"]
        n_rows = max(1, min(_BLOCK_QUERIES, room // (batch * n_heads * key.shape[2])))
        for start in range(0, len(self.queries), n_rows):
            rows = slice(start, start + n_rows)
            mass = self._mass(call, lse, key, self.queries[rows])
            by_property = mass @ self.indicator[:, None]  # [batch, head, query, property]
            totals += (by_property * self.is_counted[:, None, rows]).sum(dim=2)
        return totals.permute(2, 0, 1)

    def _mass(
        self, call: AttentionCall, lse: Tensor, key: Tensor, at_query: Int[Tensor, " query"]
    ) -> Float[Tensor, "batch head query chosen"]:
        batch, n_heads, _, d_query = call.query.shape
        query = call.query[:, :, at_query].reshape(batch, key.shape[1], -1, d_query).float()
        products = query @ key.transpose(-1, -2)
        logits = call.finish_logits(products.reshape(batch, n_heads, -1, key.shape[2]))
        if call.bias is not None:
            logits += self._bias(call.bias, at_query)
        mass = logits.sub_(lse[:, :, at_query, None]).exp_()
        at_key = self.positions[:, None, None, :]
        if call.mask is None:
            visible = at_key <= at_query[:, None]
        else:
            at_batch = torch.arange(batch, device=lse.device)[:, None, None, None]
            visible = call.mask.allows(at_batch, at_query[None, None, :, None], at_key)
        # Not a product: a key after its query may have overflowed to infinity.
        return mass.masked_fill_(~visible, 0.0)

    def _bias(self, bias: Tensor, at_query: Tensor) -> Tensor:
        batch = self.positions.shape[0]
        own = bias.expand(batch, -1, -1, -1)
        at_batch = torch.arange(batch, device=bias.device)[:, None, None]
        return own[at_batch, :, at_query[:, None], self.positions[:, None, :]].permute(0, 3, 1, 2)


def plan_properties(
    is_target: Sequence[Bool[Tensor, "batch pos"]], is_counted: Sequence[Bool[Tensor, "batch pos"]]
) -> PropertyPlan:
    """Gather the keys that any of the properties names."""
    properties = torch.stack(list(is_target), dim=-1)  # [batch, pos, property]
    positions, is_chosen = chosen_positions(properties.any(dim=-1))
    at_batch = torch.arange(positions.shape[0], device=positions.device)[:, None]
    indicator = properties[at_batch, positions] & is_chosen[..., None]
    counted = torch.stack(list(is_counted), dim=-1)
    queries = counted.any(dim=-1).any(dim=0).nonzero().flatten()
    return PropertyPlan(positions, indicator.float(), queries, counted[:, queries].float())


def chosen_positions(
    is_chosen: Bool[Tensor, "batch pos"],
) -> tuple[Int[Tensor, "batch chosen"], Bool[Tensor, "batch chosen"]]:
    """Positions that are true, and which of the columns hold one; the others hold 0."""
    n_chosen = is_chosen.sum(dim=-1)
    widest = max(1, int(n_chosen.max()))
    # A stable sort of the negation brings the chosen positions to the front, in order.
    positions = (~is_chosen).byte().argsort(dim=-1, stable=True)[:, :widest]
    holds = torch.arange(widest, device=is_chosen.device) < n_chosen[:, None]
    return positions.masked_fill(~holds, 0), holds
