"""The pattern of a pass's last query: one row for each head, linear in the number of keys.

While a language model decodes, each pass has one query and the cache brings all keys. The fused kernels keep no row of
the pattern, so it is computed here, in float32, and for single queries the head output comes from it too.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.engine.kernels import AttentionCall, attend, block_logits


def last_row(call: AttentionCall) -> Float[Tensor, "batch head key"]:
    """Attention of the last query to every key; what a learned sink takes is missing from its sum."""
    n_queries, n_keys = call.query.shape[2], call.key.shape[2]
    logits = block_logits(call, call.key.float(), slice(n_queries - 1, n_queries), slice(0, n_keys)).squeeze(2)
    if call.sinks is None:
        return logits.softmax(dim=-1)
    sinks = call.sinks.float()[None, :, None].expand(logits.shape[0], -1, 1)
    return torch.cat([logits, sinks], dim=-1).softmax(dim=-1)[..., :-1]


def attend_and_look(call: AttentionCall) -> tuple[Float[Tensor, "batch pos head d"], Float[Tensor, "batch head key"]]:
    """Attention output of all queries of a pass, and the pattern of its last one."""
    row = last_row(call)
    if call.query.shape[2] > 1:
        return attend(call).z, row
    batch, n_heads, n_keys = row.shape
    n_kv_heads = call.value.shape[1]
    z = row.reshape(batch, n_kv_heads, -1, n_keys) @ call.value.float()  # [batch, kv_head, head in group, d]
    return z.reshape(batch, 1, n_heads, -1).to(call.query.dtype), row
