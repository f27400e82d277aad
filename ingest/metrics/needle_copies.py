"""What a decoding says of needles: whether they were written, and which heads looked at what was written.

The statistic is that of Wu et al. 2024, arXiv:2404.15574. A head copies a needle's token when, at the step that writes
it, the head's key of most attention is that token's place in the needle.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingest.decoding import DecodingTrace
from ingest.evidence import ItemScores
from ingest.prompts.needles import NO_TOKEN, NeedleBatch


def needle_recall(trace: DecodingTrace) -> Float[Tensor, " batch"]:
    """Share of each needle's tokens that were written, in any order: recall of single tokens, as ROUGE-1 has it."""
    batch = _needles(trace)
    is_token = batch.needle != NO_TOKEN
    is_same = (batch.needle[:, :, None] == batch.needle[:, None, :]) & is_token[:, None, :]
    n_wanted = is_same.sum(dim=-1)  # how often the needle holds each of its tokens
    is_written = (batch.needle[:, :, None] == trace.token[:, None, :]) & trace.is_counted[:, None, :]
    # A token that the needle holds twice is found twice only when it was written twice.
    found = is_written.sum(dim=-1).minimum(n_wanted) / n_wanted.clamp(min=1)
    return (found * is_token).sum(dim=-1) / is_token.sum(dim=-1)


def needle_copies(trace: DecodingTrace, is_used: Bool[Tensor, " batch"]) -> ItemScores:
    """Share of each needle that each head copied; prompts that are not used count nothing.

    Chance is what a head gets that looks at a visible key drawn at random at each step. The null model pairs the keys
    of a step with the tokens of the other steps: a head that stares at one place of the needle gets as much there.
    """
    batch = _needles(trace)
    length = batch.is_marked.sum(dim=-1)
    start = batch.is_marked.long().argmax(dim=-1)
    place = trace.top_key - start[:, None, None, None]  # [batch, step, layer, head]
    is_inside = (place >= 0) & (place < length[:, None, None, None]) & trace.is_counted[..., None, None]
    looked_at = batch.needle.gather(1, place.clamp(0, batch.needle.shape[1] - 1).flatten(1)).reshape(place.shape)
    is_copied = is_inside & (looked_at == trace.token[..., None, None])
    value = _distinct(place, is_copied, batch.needle.shape[1]) / length[:, None, None]
    n_steps = trace.is_counted.sum(dim=-1)
    return ItemScores(
        value=value.permute(1, 2, 0).float(),
        chance=_chance(trace) / length,
        null=_null(trace, looked_at, is_inside, is_copied, length).permute(1, 2, 0),
        n_counted=torch.where(is_used, n_steps, 0),
    )


def needle_attention(trace: DecodingTrace, is_used: Bool[Tensor, " batch"]) -> ItemScores:
    """Attention mass on the needle while it is written; the null model is the mass on the decoy."""
    batch = _needles(trace)
    n_steps = trace.is_counted.sum(dim=-1)
    weights = trace.is_counted / n_steps.clamp(min=1)[:, None]

    def mean(mass: Tensor) -> Tensor:
        return torch.einsum("bslh,bs->lhb", mass, weights)

    share = batch.is_marked.sum(dim=-1, keepdim=True) / _n_visible(trace)
    return ItemScores(
        value=mean(trace.needle_mass),
        chance=(share * weights).sum(dim=-1),
        null=mean(trace.decoy_mass),
        n_counted=torch.where(is_used, n_steps, 0),
    )


def _needles(trace: DecodingTrace) -> NeedleBatch:
    assert isinstance(trace.batch, NeedleBatch), "decoded from needles"
    return trace.batch


def _distinct(place: Tensor, is_copied: Tensor, n_places: int) -> Float[Tensor, "batch layer head"]:
    """Places of the needle that a head copied at least once."""
    copied = torch.zeros(*place.shape[:1], *place.shape[2:], n_places + 1, dtype=torch.bool)
    copied.scatter_(-1, torch.where(is_copied, place, n_places).permute(0, 2, 3, 1), True)
    return copied[..., :n_places].sum(dim=-1).float()


def _n_visible(trace: DecodingTrace) -> Float[Tensor, "batch step"]:
    n_prompt = trace.batch.is_real.sum(dim=-1, keepdim=True)
    return (n_prompt + torch.arange(trace.token.shape[1])).float()


def _chance(trace: DecodingTrace) -> Float[Tensor, " batch"]:
    n_places = (_needles(trace).needle[:, :, None] == trace.token[:, None, :]).sum(dim=1)  # [batch, step]
    return (n_places * trace.is_counted / _n_visible(trace)).sum(dim=-1)


def _null(
    trace: DecodingTrace, looked_at: Tensor, is_inside: Tensor, is_copied: Tensor, length: Tensor
) -> Float[Tensor, "batch layer head"]:
    n_steps = trace.is_counted.sum(dim=-1)
    by_step = []
    for step in range(trace.token.shape[1]):
        is_written = (looked_at[:, step, None] == trace.token[:, :, None, None]) & trace.is_counted[..., None, None]
        # Steps that wrote what the head looked at in this step, less this step itself.
        n_others = is_written.sum(dim=1) - is_copied[:, step].long()
        by_step.append(n_others * is_inside[:, step] / (n_steps - 1).clamp(min=1)[:, None, None])
    return (torch.stack(by_step).sum(dim=0) / length[:, None, None]).clamp(max=1).float()
