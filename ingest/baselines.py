"""What a head that does nothing of the kind would score on the same prompts.

Uniform attention is one baseline; the engine computes it as `chance`. The other is the null model: the attention that
the same head gives to other keys. It is measured in the same forward pass, as further named targets; here are the
rules that choose those keys, and the score of a head that looks at the first token alone.
"""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.measure import NO_KEY, KeyProperty, LogitTargets, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch

NullModel = Callable[[Targets, PromptBatch, torch.Generator], Targets]
LogitNullModel = Callable[[LogitTargets, PromptBatch, torch.Generator], LogitTargets]


def other_visible_keys(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """For every counted query one random visible key that is no target of it.

    Visible are the query itself and all real tokens before it. A query with no such key does not count.
    """
    draw = torch.rand(batch.tokens.shape, generator=generator)
    if isinstance(targets, KeyProperty):
        return _other_than_property(targets, batch, draw)
    return _other_than_keys(targets, batch, draw)


def _other_than_property(targets: KeyProperty, batch: PromptBatch, draw: Tensor) -> RelationalTargets:
    is_other = batch.is_real & ~targets.is_target
    # Positions of the other keys first, in order: the r-th of them is column r.
    others = torch.argsort((~is_other).long(), dim=1, stable=True)
    n_other = is_other.cumsum(dim=1)  # [batch, pos], among the visible keys of each query
    keys = others.gather(1, (draw * n_other).long())
    return _where_counted(keys, targets.is_counted & (n_other > 0))


def _other_than_keys(targets: RelationalTargets, batch: PromptBatch, draw: Tensor) -> RelationalTargets:
    n_pos = batch.tokens.shape[1]
    first = batch.is_first.long().argmax(dim=1, keepdim=True)
    n_other = torch.arange(n_pos) - first + 1 - (targets.keys != NO_KEY).sum(dim=-1)
    keys = first + (draw * n_other.clamp(min=0)).long()
    # Step over the targets in ascending order: what remains is the r-th visible key that is none.
    ascending = torch.where(targets.keys == NO_KEY, n_pos, targets.keys).sort(dim=-1).values
    for column in ascending.unbind(dim=-1):
        keys = keys + (column <= keys).long()
    return _where_counted(keys, targets.is_counted & (n_other > 0))


def neighbouring_keys(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """For every counted query the key right before or right after its one target, drawn at random.

    A head whose attention merely falls off with distance gives its neighbours as much on average as the target
    between them (such a curve is convex), so it does not pass for a positional head.
    """
    assert isinstance(targets, RelationalTargets), "only a key of each query has neighbours"
    keys = targets.keys[..., :1]
    step = torch.randint(0, 2, keys.shape, generator=generator) * 2 - 1
    queries = torch.arange(batch.tokens.shape[1]).view(1, -1, 1)
    first = batch.is_first.long().argmax(dim=1).view(-1, 1, 1)
    moved = keys + step
    moved = torch.where((moved < first) | (moved > queries), keys - step, moved)
    return _where_counted(moved.squeeze(-1), targets.is_counted)


def keys_beside(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> KeyProperty:
    """As many other keys as a property names, each next to one that it names: as far back, for every query alike.

    Which side is drawn at random; where both neighbours are targets or taken, the nearest free key before them stands
    in. The first token of a prompt is none, since heads rest on it. Where fewer keys are free than the property names,
    all of them are taken.
    """
    assert isinstance(targets, KeyProperty), "only a property names the same keys for all queries"
    is_free = batch.is_real & ~batch.is_first & ~targets.is_target
    is_beside = torch.zeros_like(is_free)
    for prompt, free in enumerate(is_free):
        left = set(free.nonzero().flatten().tolist())
        named = targets.is_target[prompt].nonzero().flatten().tolist()
        sides = torch.randint(0, 2, (len(named),), generator=generator).tolist()
        for key, side in zip(named, sides, strict=True):
            either = (key - 1, key + 1) if side == 0 else (key + 1, key - 1)
            nearest = [each for each in (*either, *range(key - 2, -1, -1)) if each in left][:1]
            left.difference_update(nearest)
            is_beside[prompt, nearest] = True
    return KeyProperty(is_beside, targets.is_counted)


def other_prompt_token(targets: LogitTargets, batch: PromptBatch, generator: torch.Generator) -> LogitTargets:
    """For every counted query another token that it sees, drawn at random; BOS is no token of the text.

    A head that raises whatever stands in the prompt does so for this token too. Of the visible tokens those that equal
    the target do not stand for something else; a query that sees no other does not count.
    """
    n_pos = batch.tokens.shape[1]
    place = batch.is_real & ~batch.is_bos
    is_visible = place[:, None, :] & torch.ones(n_pos, n_pos, dtype=torch.bool).tril()
    is_other = is_visible & (batch.tokens[:, None, :] != targets.token[:, :, None])
    # The largest of independent draws over the allowed keys is a uniform choice among them.
    draw = torch.rand(is_other.shape, generator=generator).masked_fill(~is_other, -1)
    token = batch.tokens.gather(1, draw.argmax(dim=-1))
    return LogitTargets(token, targets.is_counted & is_other.any(dim=-1), targets.sign)


def _where_counted(keys: Int[Tensor, "batch pos"], is_counted: Tensor) -> RelationalTargets:
    return RelationalTargets(torch.where(is_counted, keys, NO_KEY).unsqueeze(-1))


def first_token_score(targets: Targets, batch: PromptBatch) -> float:
    """Score of a head that gives all its attention to the first token of each prompt."""
    first = batch.is_first.long().argmax(dim=1)
    if isinstance(targets, KeyProperty):
        is_hit = targets.is_target.gather(1, first.unsqueeze(1)).expand_as(targets.is_counted)
        is_counted = targets.is_counted
    else:
        is_hit = (targets.keys == first.view(-1, 1, 1)).any(dim=-1)
        is_counted = targets.is_counted
    n_counted = is_counted.sum(dim=1)
    share = (is_hit & is_counted).sum(dim=1) / n_counted.clamp(min=1)
    return float(share[n_counted > 0].mean())
