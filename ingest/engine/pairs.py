"""Attention mass on listed (query, key) pairs: one dot product each, never a pattern.

The products of all heads are one sampled matrix product: q @ k.T computed only where a sparse matrix has an entry. It
reads queries and keys in place, so it costs about a hundredth of the attention itself, and query heads that share a
key-value head simply point to the same rows.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.engine.kernels import AttentionCall

# Products of one step; query heads are taken in groups that stay below it.
_STEP_ELEMENTS = 2**23


@dataclass(frozen=True)
class _Layout:
    """The sampled positions for some key-value heads and the query heads that they serve."""

    n_kv_heads: int
    positions: Tensor


@dataclass
class PairPlan:
    """Distinct pairs of a batch, and to which target each adds its mass."""

    query: Int[Tensor, " pair"]
    """batch * n_pos + position, ascending."""
    key: Int[Tensor, " pair"]
    n_batch: int
    n_pos: int
    n_targets: int
    source: Int[Tensor, " part"]
    """Pair that a part of a sum comes from."""
    row: Int[Tensor, " part"]
    """target * n_batch + prompt that the part is added to."""
    floor: Float[Tensor, " part"] | None
    """Mass below which a part is dropped; None where no target has a floor."""
    _layouts: dict[tuple[int, int], _Layout] = field(default_factory=dict, repr=False)

    @cached_property
    def _parts(self) -> Tensor:
        """1 where a pair is a part of a sum: sparse, [target * n_batch + prompt, pair]."""
        n_rows, n_pairs = self.n_targets * self.n_batch, self.query.numel()
        order = (self.row * n_pairs + self.source).argsort()
        ends = torch.bincount(self.row, minlength=n_rows).cumsum(0)
        return _sparse(ends, self.source[order], torch.ones(len(order), device=ends.device), (n_rows, n_pairs))

    def sums(self, call: AttentionCall, lse: Float[Tensor, "batch head pos"]) -> Float[Tensor, "target batch head"]:
        """Mass summed over the counted queries of each prompt."""
        n_heads, n_kv_heads = call.query.shape[1], call.key.shape[1]
        layout = self._layout(n_heads // n_kv_heads, n_kv_heads)
        groups = n_heads // n_kv_heads
        totals = torch.zeros(n_heads, self.n_targets * self.n_batch, device=self.query.device)
        visible = self._visible(call)
        for first in range(0, n_kv_heads, layout.n_kv_heads):
            kv_heads = slice(first, first + layout.n_kv_heads)
            heads = slice(first * groups, (first + layout.n_kv_heads) * groups)
            mass = self._mass(call, lse, layout, heads, kv_heads)
            if visible is not None:
                # Not a product: a key behind the window may have overflowed to infinity.
                mass.masked_fill_(~visible, 0.0)
            if self.floor is None:
                totals[heads] = (self._parts @ mass.T).T
            else:
                parts = mass.index_select(1, self.source)
                totals[heads].index_add_(1, self.row, parts.masked_fill(parts < self.floor, 0.0))
        return totals.reshape(n_heads, self.n_targets, self.n_batch).permute(1, 2, 0)

    def _mass(
        self, call: AttentionCall, lse: Tensor, layout: _Layout, heads: slice, kv_heads: slice
    ) -> Float[Tensor, "head pair"]:
        query, key = _rows(call.query[:, heads]), _rows(call.key[:, kv_heads])
        products = torch.sparse.sampled_addmm(layout.positions, query, key.T, beta=0.0).values()
        logits = call.finish_logits(products.reshape(-1, self.query.numel()))
        if call.bias is not None:
            logits += self._bias(call.bias, heads)
        ends = lse[:, heads].transpose(0, 1).reshape(logits.shape[0], -1)
        return logits.sub_(ends.index_select(1, self.query)).exp_()

    def _bias(self, bias: Tensor, heads: slice) -> Tensor:
        own = bias[:, heads] if bias.shape[1] > 1 else bias
        own = own.expand(self.n_batch, -1, -1, -1)
        return own[self.query // self.n_pos, :, self.query % self.n_pos, self.key % self.n_pos].T

    def _visible(self, call: AttentionCall) -> Tensor | None:
        # Targets are real, and where attention is causal not later than their query: only a window can hide them.
        if call.mask is None or call.mask.window is None:
            return None
        return call.mask.allows(self.query // self.n_pos, self.query % self.n_pos, self.key % self.n_pos)

    def _layout(self, groups: int, n_kv_heads: int) -> _Layout:
        if (groups, n_kv_heads) not in self._layouts:
            fitting = _STEP_ELEMENTS // max(1, groups * self.query.numel())
            n_step = max((n for n in range(1, n_kv_heads + 1) if n_kv_heads % n == 0 and n <= fitting), default=1)
            self._layouts[groups, n_kv_heads] = _Layout(n_step, self._positions(groups, n_step))
        return self._layouts[groups, n_kv_heads]

    def _positions(self, groups: int, n_kv_heads: int) -> Tensor:
        n_rows, n_pairs, n_heads = self.n_batch * self.n_pos, self.query.numel(), groups * n_kv_heads
        heads = torch.arange(n_heads, device=self.query.device)[:, None]
        ends = torch.bincount(self.query, minlength=n_rows).cumsum(0) + heads * n_pairs  # [head, row]
        columns = self.key + (heads // groups) * n_rows  # [head, pair]
        values = torch.zeros(columns.numel(), device=self.query.device)
        return _sparse(ends.reshape(-1), columns.reshape(-1), values, (n_heads * n_rows, n_kv_heads * n_rows))


def _sparse(ends: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A sparse matrix from the end of each row among the columns; rows and columns ascend by construction."""
    start = torch.zeros(1, dtype=torch.int32, device=ends.device)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(
            torch.cat([start, ends.int()]), columns.int(), values, shape, check_invariants=False
        )


def plan_pairs(keys: Sequence[Int[Tensor, "batch pos _"]], floors: Sequence[float]) -> PairPlan:
    """Gather the pairs of several targets; a pair that several name is computed once."""
    n_batch, n_pos, _ = keys[0].shape
    codes, rows = [], []
    for target, named in enumerate(keys):
        prompt, query, slot = (named >= 0).nonzero(as_tuple=True)
        codes.append((prompt * n_pos + query) * n_pos + named[prompt, query, slot])
        rows.append(target * n_batch + prompt)
    distinct, source = torch.unique(torch.cat(codes), return_inverse=True)
    row = torch.cat(rows)
    if distinct.numel() == source.numel():
        # Every pair is named once: put the parts in the order of the pairs, and nothing has to be gathered.
        row = row[source.argsort()]
        source = torch.arange(distinct.numel(), device=source.device)
    query = distinct // n_pos
    key = query // n_pos * n_pos + distinct % n_pos
    floor = torch.tensor(floors, device=row.device)[row // n_batch] if any(floors) else None
    return PairPlan(query, key, n_batch, n_pos, len(keys), source, row, floor)


def _rows(heads: Float[Tensor, "batch head pos d"]) -> Float[Tensor, "row d"]:
    """One row for each head, prompt and position, in this order; float32."""
    return heads.transpose(0, 1).float().reshape(-1, heads.shape[-1])
