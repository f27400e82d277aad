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

# Small, so that early queries skip the keys after them.
_BLOCK_QUERIES = 32


@dataclass(frozen=True)
class PropertyPlan:
    """Keys that have at least one of the properties, gathered."""

    positions: Int[Tensor, "batch chosen"]
    """Their positions in ascending order, filled up with 0 where a prompt has fewer."""
    indicator: Float[Tensor, "batch chosen property"]
    """1 where a key has a property; 0 on fillers."""
    queries: Int[Tensor, "batch query"]
    """Positions at which a query counts, filled up alike; only these rows are computed."""
    is_counted: Float[Tensor, "batch query property"]
    """0 on fillers."""
    reach: Sequence[int]
    """For each query how many keys, at most over the prompts, it or an earlier one may see under causality."""

    def sums(self, call: AttentionCall, lse: Float[Tensor, "batch head pos"]) -> Float[Tensor, "property batch head"]:
        """Mass summed over the counted queries of each prompt."""
        batch, n_heads, _, _ = call.query.shape
        key = _at(call.key, self.positions).float()
        totals = torch.zeros(batch, n_heads, self.indicator.shape[-1], device=lse.device)
        room = BLOCK_ELEMENTS["cuda" if call.query.is_cuda else "cpu"]
        n_queries = self.queries.shape[1]
        n_rows = max(1, min(_BLOCK_QUERIES, room // (batch * n_heads * key.shape[2])))
        # A key after its query gets nothing, so the last query of a block says how many keys are looked at.
        is_causal = call.mask is None or call.mask.is_causal
        for start in range(0, n_queries, n_rows):
            rows = slice(start, min(start + n_rows, n_queries))
            columns = slice(0, self.reach[rows.stop - 1] if is_causal else key.shape[2])
            mass = self._mass(call, lse, key, rows, columns)
            by_property = mass @ self.indicator[:, None, columns]  # [batch, head, query, property]
            totals += (by_property * self.is_counted[:, None, rows]).sum(dim=2)
        return totals.permute(2, 0, 1)

    def _mass(
        self, call: AttentionCall, lse: Tensor, key: Tensor, rows: slice, columns: slice
    ) -> Float[Tensor, "batch head query chosen"]:
        batch, n_heads, _, d_query = call.query.shape
        at_query, at_key = self.queries[:, rows], self.positions[:, columns]
        # Query heads that share keys stand below each other: one product for all of them.
        query = _at(call.query, at_query).reshape(batch * key.shape[1], -1, d_query).float()
        keys = key[:, :, columns].flatten(0, 1).transpose(-1, -2)
        ends = _at(lse[..., None], at_query)
        if call.softcap is None and call.bias is None:
            # Scaled and normalised within the product, which saves two passes over its result.
            logits = torch.baddbmm(ends.reshape(*query.shape[:2], 1), query, keys, beta=-1, alpha=call.scale)
            logits = logits.reshape(batch, n_heads, at_query.shape[1], -1)
        else:
            logits = call.finish_logits((query @ keys).reshape(batch, n_heads, at_query.shape[1], -1))
            if call.bias is not None:
                logits += self._bias(call.bias, at_query, at_key)
            logits -= ends
        mass = logits.exp_()
        if call.mask is None:
            visible = at_key[:, None, None, :] <= at_query[:, None, :, None]
        else:
            at_batch = torch.arange(batch, device=lse.device)[:, None, None, None]
            visible = call.mask.allows(at_batch, at_query[:, None, :, None], at_key[:, None, None, :])
        # A key after its query may have overflowed to infinity, which no product would hide. No mass is above 1, and
        # filling by a mask that all heads share takes several times as long as both passes.
        return mass.clamp_(max=1.0).mul_(visible.float())

    def _bias(self, bias: Tensor, at_query: Tensor, at_key: Tensor) -> Tensor:
        batch = self.positions.shape[0]
        own = bias.expand(batch, -1, -1, -1)
        at_batch = torch.arange(batch, device=bias.device)[:, None, None]
        return own[at_batch, :, at_query[:, :, None], at_key[:, None, :]].permute(0, 3, 1, 2)


def plan_properties(
    is_target: Sequence[Bool[Tensor, "batch pos"]], is_counted: Sequence[Bool[Tensor, "batch pos"]]
) -> PropertyPlan:
    """Gather the keys that any of the properties names, and the queries that count for any of them."""
    properties = torch.stack(list(is_target), dim=-1)  # [batch, pos, property]
    counted = torch.stack(list(is_counted), dim=-1)
    positions, is_key = chosen_positions(properties.any(dim=-1))
    queries, is_query = chosen_positions(counted.any(dim=-1))
    at_batch = torch.arange(positions.shape[0], device=positions.device)[:, None]
    indicator = properties[at_batch, positions] & is_key[..., None]
    n_before = torch.searchsorted(positions.masked_fill(~is_key, properties.shape[1]), queries, right=True)
    return PropertyPlan(
        positions,
        indicator.float(),
        queries,
        (counted[at_batch, queries] & is_query[..., None]).float(),
        n_before.amax(dim=0).cummax(dim=0).values.tolist(),
    )


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


def _at(heads: Float[Tensor, "batch head pos d"], positions: Int[Tensor, "batch chosen"]) -> Tensor:
    """The rows at some positions of each prompt, [batch, head, chosen, d]."""
    n_batch, n_heads, n_pos, width = heads.shape
    n_chosen = positions.shape[1]
    # Whole rows are copied several times as fast as elements are gathered; what a row is depends on how heads lie.
    if heads.is_contiguous():
        rows = (
            positions[:, None] + torch.arange(n_batch * n_heads, device=heads.device).view(n_batch, n_heads, 1) * n_pos
        )
        return heads.view(-1, width).index_select(0, rows.flatten()).view(n_batch, n_heads, n_chosen, width)
    rows = positions + torch.arange(n_batch, device=heads.device)[:, None] * n_pos
    found = heads.transpose(1, 2).flatten(0, 1).index_select(0, rows.flatten())
    return found.view(n_batch, n_chosen, n_heads, width).transpose(1, 2).contiguous()
