"""Which keys each query sees in each layer, and what attention spread evenly over them would give.

This is where chance comes from. Layers may differ: one sees the whole prompt, another a window of it. What a query sees
is a run of keys without padding in between, so two positions describe it and nothing of size n × n is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.engine.kernels import AttentionCall
from ingest.engine.slices import slices
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import MomentTargets, RelationalTargets, Targets

_BLOCK_QUERIES = 128


@dataclass(frozen=True)
class VisibleKeys:
    """For each query the first and the last key that it sees; padding between them is not seen."""

    first: Int[Tensor, "batch pos"]
    last: Int[Tensor, "batch pos"]
    is_real: Bool[Tensor, "batch pos"]

    @classmethod
    def within(cls, is_real: Bool[Tensor, "batch pos"], *, window: int | None, is_causal: bool) -> "VisibleKeys":
        """All real keys up to each query, or on both sides of it; with a window only those nearer than it."""
        position = torch.arange(is_real.shape[1]).expand(is_real.shape)
        reach = is_real.shape[1] if window is None else window - 1
        first = (position - reach).clamp(min=0)
        last = position if is_causal else (position + reach).clamp(max=is_real.shape[1] - 1)
        return cls(first, last, is_real)

    @classmethod
    def of(cls, call: AttentionCall, is_real: Bool[Tensor, "batch pos"]) -> "VisibleKeys":
        """What one layer let its queries see.

        Raises:
            UnsupportedAttentionError: A query sees keys with gaps between them.
        """
        mask = call.mask
        if mask is not None and mask.window is None:
            return cls.within(is_real, window=None, is_causal=mask.is_causal)
        if mask is None and call.bias is None:
            return cls.within(is_real, window=None, is_causal=False)
        n_pos = is_real.shape[1]
        parts = [_ends(call, is_real, rows) for rows in slices(n_pos, _BLOCK_QUERIES)]
        first, last = (torch.cat(each, dim=1) for each in zip(*parts, strict=True))
        return cls(first, last, is_real)

    def equals(self, other: "VisibleKeys") -> bool:
        """Whether all queries see the same keys."""
        return torch.equal(self.first, other.first) and torch.equal(self.last, other.last)

    @cached_property
    def n_visible(self) -> Float[Tensor, "batch pos"]:
        """Real keys that each query sees; 1 on padding, which no sum counts."""
        return self._within(self.is_real.double()).clamp(min=1)

    def even_mass(self, target: Targets) -> Float[Tensor, " batch"]:
        """Mean mass that attention spread evenly puts on the targets; NaN where no query counts.

        A floor cuts even attention too: where many keys are visible, each gets less than it.
        """
        n_visible = self.n_visible
        if isinstance(target, RelationalTargets):
            is_seen = (target.keys >= self.first[..., None]) & (target.keys <= self.last[..., None])
            n_targets = (is_seen & (target.keys >= 0)).sum(dim=-1).double()
            n_targets *= (1 / n_visible) >= target.floor
        else:
            n_targets = self._within(target.is_target.double())
        return _mean(n_targets / n_visible, target.is_counted).float()

    def even_moments(self, target: MomentTargets) -> Float[Tensor, "batch 3"]:
        """Mean entropy, distance and squared distance of attention spread evenly; NaN where no query counts."""
        n_visible, at_query = self.n_visible, torch.arange(self.is_real.shape[1]).double()
        real = self.is_real.double()
        # Distances within a prompt, so that padding before it does not make the sums large.
        own = at_query - real.argmax(dim=-1, keepdim=True)
        before, after = self._split(real)
        before_1, after_1 = self._split(real * own)
        distance = own * (before - after) - (before_1 - after_1)
        squared = own.square() * self._within(real) - 2 * own * self._within(real * own)
        squared += self._within(real * own.square())
        moments = torch.stack([n_visible.log(), distance / n_visible, squared / n_visible], dim=-1)
        return _mean(moments, target.is_counted[..., None])

    def _within(self, values: Float[Tensor, "batch pos"]) -> Float[Tensor, "batch pos"]:
        """Sum of the values of the keys that each query sees."""
        sums = torch.nn.functional.pad(values.cumsum(dim=-1), (1, 0))
        return sums.gather(1, self.last + 1) - sums.gather(1, self.first)

    def _split(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The same, apart for keys up to the query and for later ones."""
        sums = torch.nn.functional.pad(values.cumsum(dim=-1), (1, 0))
        up_to = sums[:, 1:]
        return up_to - sums.gather(1, self.first), sums.gather(1, self.last + 1) - up_to


@dataclass(frozen=True)
class LayerVisibility:
    """What queries see in each layer that has heads; layers that agree share one entry."""

    kinds: Sequence[VisibleKeys]
    kind_of: Sequence[int]
    """One for each layer that has heads."""

    @classmethod
    def joined(cls, by_part: Sequence[Sequence[VisibleKeys]]) -> "LayerVisibility":
        """From the parts of a batch, each with one entry for each layer; equal layers share an object."""
        per_layer = list(zip(*by_part, strict=True))
        keys = [tuple(id(each) for each in parts) for parts in per_layer]
        distinct = list(dict.fromkeys(keys))
        kinds = [_joined(per_layer[keys.index(key)]) for key in distinct]
        return cls(kinds, [distinct.index(key) for key in keys])

    def chance(self, of: Callable[[VisibleKeys], Tensor], loaded: LoadedModel) -> Tensor:
        """What even attention gives: one value for all layers where they see alike, else one for each layer."""
        values = [of(each) for each in self.kinds]
        if len(values) == 1:
            return values[0]
        return loaded.spread(torch.stack([values[kind] for kind in self.kind_of]))


def _joined(parts: Sequence[VisibleKeys]) -> VisibleKeys:
    return VisibleKeys(*(torch.cat([getattr(each, name) for each in parts]) for name in ("first", "last", "is_real")))


def _mean(values: Tensor, is_counted: Tensor) -> Tensor:
    return torch.where(is_counted, values, 0.0).sum(dim=1) / is_counted.sum(dim=1)


def _ends(call: AttentionCall, is_real: Bool[Tensor, "batch pos"], rows: slice) -> tuple[Tensor, Tensor]:
    """First and last key that some queries see, found by asking the mask about every key that may be near enough."""
    n_batch, n_pos = is_real.shape
    columns = slice(0, n_pos) if call.mask is None else call.mask.columns(rows, n_pos)
    seen = _seen(call, n_batch, rows, columns) & is_real[:, None, columns]
    first = seen.byte().argmax(dim=-1)
    last = seen.shape[-1] - 1 - seen.flip(-1).byte().argmax(dim=-1)
    place = torch.arange(seen.shape[-1])
    between = (place >= first[..., None]) & (place <= last[..., None]) & is_real[:, None, columns]
    is_asked = is_real[:, rows] & seen.any(dim=-1)
    if bool((between != seen)[is_asked].any()):
        raise UnsupportedAttentionError(
            "In this language model a token sees keys with gaps between them, for which headcat knows no chance level; "
            "choose another language model."
        )
    own = torch.arange(rows.start, rows.stop).expand(is_asked.shape)  # stands in where a query sees nothing
    first, last = (torch.where(is_asked, end + columns.start, own) for end in (first, last))
    return first, last


def _seen(call: AttentionCall, n_batch: int, rows: slice, columns: slice) -> Bool[Tensor, "batch query key"]:
    device = call.query.device
    if call.mask is None:
        assert call.bias is not None, "a call without mask and bias sees everything"
        # capture.py hides keys with a quarter of the most negative number; no position bias comes near it.
        hidden = torch.finfo(torch.float32).min / 8
        block = (call.bias[:, :, rows, columns] > hidden).any(dim=1)
    else:
        at_batch = torch.arange(n_batch, device=device)[:, None, None]
        at_query = torch.arange(rows.start, rows.stop, device=device)[None, :, None]
        block = call.mask.allows(at_batch, at_query, torch.arange(columns.start, columns.stop, device=device))
    return block.expand(n_batch, -1, -1).cpu()
