"""Attention of chosen queries alone, to every key: exact, and differentiable, with a pattern of these queries only."""

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from ingest.engine.kernels import AttentionCall

# Far below any logit, yet finite: a padded query may see nothing at all.
_HIDDEN = -1e30


def attend_at(call: AttentionCall, at: Int[Tensor, "batch query"]) -> Float[Tensor, "batch query head d_value"]:
    """z of the queries at these positions; float32 inside, whatever the weights are.

    Args:
        call: A layer's attention over whole prompts, without a cache.
        at: Positions of each prompt.
    """
    n_rows, n_keys = len(call.query), call.key.shape[2]
    query = pick(call.query.transpose(1, 2), at).transpose(1, 2).float()  # [batch, head, query, d]
    grouped = torch.unflatten(query, 1, (call.key.shape[1], -1)).flatten(
        2, 3
    )  # [batch, kv_head, head in group * query, d]
    products = torch.unflatten(grouped @ call.key.float().transpose(-1, -2), 2, (-1, at.shape[1])).flatten(1, 2)
    logits = products * call.scale
    if call.softcap is not None:
        # Not in place as `finish_logits`: the gradient needs what tanh gave.
        logits = call.softcap * (logits / call.softcap).tanh()
    if call.bias is not None:
        bias = call.bias.expand(n_rows, *call.bias.shape[1:])
        logits = logits + pick(bias.transpose(1, 2), at).transpose(1, 2)
    if call.mask is not None:
        row = torch.arange(n_rows, device=at.device)[:, None, None, None]
        key = torch.arange(n_keys, device=at.device)[None, None, None, :]
        logits = logits.masked_fill(~call.mask.allows(row, at[:, None, :, None], key), _HIDDEN)
    if call.sinks is not None:
        sinks = call.sinks.float()[None, :, None, None].expand(n_rows, -1, at.shape[1], 1)
        pattern = torch.cat([logits, sinks], dim=-1).softmax(dim=-1)[..., :-1]
    else:
        pattern = logits.softmax(dim=-1)
    by_group = torch.unflatten(pattern, 1, (call.value.shape[1], -1)).flatten(2, 3)
    z = torch.unflatten(by_group @ call.value.float(), 2, (-1, at.shape[1])).flatten(1, 2)
    return z.transpose(1, 2).to(call.query.dtype)


def pick(
    values: Shaped[Tensor, "batch pos *rest"], at: Int[Tensor, "batch query"]
) -> Shaped[Tensor, "batch query *rest"]:
    """Values at chosen positions of each prompt."""
    return values[torch.arange(len(at), device=values.device)[:, None], at.to(values.device)]


def places(is_chosen: Bool[Tensor, "batch pos"]) -> Int[Tensor, "batch query"]:
    """Positions of the chosen queries of each prompt; prompts with fewer name their last one again."""
    count = is_chosen.sum(dim=1, keepdim=True)
    order = (~is_chosen).long().argsort(dim=1, stable=True)  # chosen ones first, in order
    nth = torch.arange(int(count.max()), device=is_chosen.device).expand(len(is_chosen), -1)
    return order.gather(1, torch.minimum(nth, count - 1))
