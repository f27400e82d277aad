"""Attention patterns written by hand: what a perfect head of each type, and each decoy, does on given tokens.

Every function takes token ids with BOS at position 0 and returns one causal pattern per prompt whose rows sum to 1.
Where a head type has no key for a query, its head rests on position 0, as trained heads do. `as_heads` stacks
patterns into the shape that a language model returns.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Tokens = Int[Tensor, "batch pos"]
Pattern = Float[Tensor, "batch query key"]


def repeated_tokens(n_distinct: int, *, batch: int = 2, first_id: int = 2, d_vocab: int = 130, seed: int = 0) -> Tokens:
    """BOS (id 0), then distinct random tokens, then the same again: length 1 + 2 * n_distinct."""
    generator = torch.Generator().manual_seed(seed)
    ids = first_id + torch.stack([torch.randperm(d_vocab - first_id, generator=generator) for _ in range(batch)])
    half = ids[:, :n_distinct]
    assert half.shape[1] == n_distinct, "the vocabulary is too small"
    return torch.cat([torch.zeros(batch, 1, dtype=torch.long), half, half], dim=1)


def random_tokens(n: int, *, batch: int = 2, first_id: int = 2, d_vocab: int = 130, seed: int = 0) -> Tokens:
    """BOS (id 0), then tokens drawn with replacement: length 1 + n."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(first_id, d_vocab, (batch, n), generator=generator)
    return torch.cat([torch.zeros(batch, 1, dtype=torch.long), ids], dim=1)


def visible(tokens: Tokens) -> Bool[Tensor, "batch query key"]:
    """Keys that a query may see: itself and everything before it."""
    batch, n_pos = tokens.shape
    return torch.ones(n_pos, n_pos, dtype=torch.bool).tril().expand(batch, -1, -1)


def earlier_copies(tokens: Tokens) -> Bool[Tensor, "batch query key"]:
    """Keys before the query that hold the same token; BOS counts for nothing."""
    same = (tokens[:, :, None] == tokens[:, None, :]) & (tokens != 0)[:, None, :]
    return same & visible(tokens).tril(-1)


def following_copies(tokens: Tokens) -> Bool[Tensor, "batch query key"]:
    """Keys that follow an earlier copy of the query's token."""
    copies = earlier_copies(tokens)
    shifted = torch.zeros_like(copies)
    shifted[:, :, 1:] = copies[:, :, :-1]
    return shifted


def spread(targets: Bool[Tensor, "batch query key"]) -> Pattern:
    """Attention spread evenly over the targets of a query; on position 0 where it has none."""
    targets = targets.clone()
    targets[:, :, 0] |= ~targets.any(dim=-1)
    return targets.float() / targets.sum(dim=-1, keepdim=True)


def at_offset(tokens: Tokens, offset: int) -> Pattern:
    """All attention on the token `offset` before the query."""
    return spread(visible(tokens).tril(-offset) & visible(tokens).triu(-offset))


def previous_token(tokens: Tokens) -> Pattern:
    """All attention on the token before the query."""
    return at_offset(tokens, 1)


def current_token(tokens: Tokens) -> Pattern:
    """All attention on the query itself."""
    return at_offset(tokens, 0)


def duplicate_token(tokens: Tokens) -> Pattern:
    """Attention spread evenly over earlier copies of the query's token."""
    return spread(earlier_copies(tokens))


def induction(tokens: Tokens) -> Pattern:
    """Attention spread evenly over the tokens that followed earlier copies of the query's token."""
    return spread(following_copies(tokens))


def attention_sink(tokens: Tokens) -> Pattern:
    """All attention on position 0."""
    return spread(torch.zeros_like(visible(tokens)))


def uniform(tokens: Tokens) -> Pattern:
    """Attention spread evenly over everything visible."""
    return spread(visible(tokens))


def diluted(pattern: Pattern, tokens: Tokens, share: float) -> Pattern:
    """A weaker head: `share` of the pattern, the rest spread evenly."""
    return share * pattern + (1 - share) * uniform(tokens)


def as_heads(tokens: Tokens, *kinds: Callable[[Tokens], Pattern]) -> Float[Tensor, "batch head query key"]:
    """One head for each kind, in the order given."""
    return torch.stack([kind(tokens) for kind in kinds], dim=1)


def mean_mass(pattern: Pattern, targets: Bool[Tensor, "batch query key"]) -> float:
    """Attention mass on the targets, averaged over the queries that have one; the reference that tests compare to."""
    counted = targets.any(dim=-1)
    assert counted.any(), "no query has a target"
    return float((pattern * targets).sum(dim=-1)[counted].mean())
