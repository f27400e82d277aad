"""Attention that also returns the log-sum-exp of each query's logits, in memory linear in the prompt's length.

The fused kernels of torch compute it on the way. What they cannot express – soft-capped logits, additive biases,
windows, values of another width than the keys – goes through blocks of queries, exact and in float32.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.engine.mask import KeyMask

# Logits of one block: on a CPU few enough to stay in cache, and at most this many queries, so that no block holds a
# pattern.
BLOCK_ELEMENTS = {"cpu": 2**20, "cuda": 2**27}
_BLOCK_QUERIES = 128
# Far below any logit, yet finite: see KeyMask.key_bias.
_HIDDEN = -1e30


@dataclass(frozen=True)
class AttentionCall:
    """One layer's attention as its module asked for it."""

    layer: int
    query: Float[Tensor, "batch head pos d_query"]
    key: Float[Tensor, "batch kv_head key_pos d_query"]
    value: Float[Tensor, "batch kv_head key_pos d_value"]
    """With a cache there are more keys than queries: the queries are the last of the keys' positions."""
    mask: KeyMask | None
    """None where the model brought a complete mask of its own, which is then in the bias."""
    bias: Float[Tensor, "#batch #head pos key_pos"] | None
    """Added to the logits after scaling."""
    scale: float
    softcap: float | None
    """Logits become softcap * tanh(logits / softcap)."""
    sinks: Float[Tensor, " head"] | None
    """A logit of each head that takes part in the softmax and belongs to no key."""

    def finish_logits(self, products: Tensor) -> Tensor:
        """Scale and soft-cap q·k in place; the bias is the caller's, who knows which pairs these are."""
        logits = products.mul_(self.scale)
        return logits if self.softcap is None else logits.div_(self.softcap).tanh_().mul_(self.softcap)


@dataclass(frozen=True)
class Attended:
    """Output of a call, before W_O."""

    z: Float[Tensor, "batch pos head d_value"]
    lse: Float[Tensor, "batch head pos"]
    """log Σ exp(logits) over what a query sees, learned sinks included; float32."""
    is_fused: bool


def attend(call: AttentionCall) -> Attended:
    """Attention output and log-sum-exp of one layer."""
    is_fused = _can_fuse(call)
    output, lse = _fused(call) if is_fused else _blocked(call)
    if call.sinks is not None:
        # A sink only adds to the denominator: softmax with it is softmax without, times exp(lse - lse_with_sink).
        with_sink = torch.logaddexp(lse, call.sinks.float()[:, None])
        output = output * (lse - with_sink).exp().unsqueeze(-1).to(output.dtype)
        lse = with_sink
    return Attended(output.transpose(1, 2).contiguous(), lse, is_fused)


def _can_fuse(call: AttentionCall) -> bool:
    if call.mask is None or call.mask.window is not None or call.bias is not None or call.softcap is not None:
        return False
    if call.query.shape[-1] != call.value.shape[-1]:
        return False
    if call.mask.n_cached:
        return False  # the kernels align queries with the first keys, some with the last
    if call.query.is_cuda:
        return not call.mask.needs_bias and call.query.shape[-1] % 8 == 0 and call.query.shape[-1] <= 256
    return call.query.device.type == "cpu"


def _fused(call: AttentionCall) -> tuple[Tensor, Tensor]:
    assert call.mask is not None, "only masks of ours are fused"
    query, key, value, is_causal = call.query, call.key, call.value, call.mask.is_causal
    aten: Any = torch.ops.aten
    if not query.is_cuda:
        # Grouped keys and values are taken as they are; causality and the hidden keys work together.
        return aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, 0.0, is_causal, attn_mask=call.mask.key_bias(query.dtype), scale=call.scale
        )
    # Of the CUDA kernels only one takes groups.
    n_groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(n_groups, dim=1), value.repeat_interleave(n_groups, dim=1)
    if query.dtype in (torch.float16, torch.bfloat16):
        output, lse = aten._scaled_dot_product_flash_attention(query, key, value, 0.0, is_causal, scale=call.scale)[:2]
    else:
        # The memory-efficient kernel is the fused one for float32; it pads the log-sum-exp.
        output, lse = aten._scaled_dot_product_efficient_attention(
            query, key, value, None, True, 0.0, is_causal, scale=call.scale
        )[:2]
    return output, lse[..., : query.shape[2]].float()


def _blocked(call: AttentionCall) -> tuple[Tensor, Tensor]:
    batch, n_heads, n_pos, _ = call.query.shape
    n_kv_heads = call.key.shape[1]
    room = BLOCK_ELEMENTS["cuda" if call.query.is_cuda else "cpu"]
    n_rows = max(1, min(_BLOCK_QUERIES, room // (batch * n_heads * n_pos)))
    key, value = call.key.float(), call.value.float()
    output = torch.empty(batch, n_heads, n_pos, value.shape[-1], dtype=call.query.dtype, device=call.query.device)
    lse = torch.empty(batch, n_heads, n_pos, device=call.query.device)
    for start in range(0, n_pos, n_rows):
        rows = slice(start, min(start + n_rows, n_pos))
        columns = slice(0, n_pos) if call.mask is None else call.mask.columns(rows, n_pos)
        logits = block_logits(call, key, rows, columns)
        lse[:, :, rows] = logits.logsumexp(dim=-1)
        pattern = logits.sub_(lse[:, :, rows, None]).exp_()
        grouped = pattern.reshape(
            batch, n_kv_heads, -1, pattern.shape[-1]
        )  # [batch, kv_head, head in group * query, key]
        block = grouped @ value[:, :, columns]
        output[:, :, rows] = block.reshape(batch, n_heads, -1, value.shape[-1])
    return output, lse


def block_logits(
    call: AttentionCall,
    key: Float[Tensor, "batch kv_head pos d_query"],
    rows: slice,
    columns: slice,
    prompts: slice = slice(None),
) -> Float[Tensor, "prompt head query key"]:
    """Logits of a block of queries on a run of keys, hidden keys far below all others; float32."""
    of_rows, of_keys = call.query[prompts, :, rows], key[prompts, :, columns]
    n_prompts, n_heads, n_rows, d_query = of_rows.shape
    query = of_rows.reshape(n_prompts, key.shape[1], -1, d_query).float()
    products = query @ of_keys.transpose(-1, -2)
    logits = call.finish_logits(products.reshape(n_prompts, n_heads, n_rows, -1))
    if call.bias is not None:
        own = call.bias if call.bias.shape[0] == 1 else call.bias[prompts]
        logits += own[..., rows, columns]
    if call.mask is not None:
        device = logits.device
        # Causality alone hides nothing that comes before the block, so only the square at its end is looked at.
        first = columns.start if call.mask.hides_earlier_keys else rows.start
        at_query = torch.arange(rows.start, rows.stop, device=device)[None, None, :, None]
        at_key = torch.arange(first, columns.stop, device=device)[None, None, None, :]
        at_batch = torch.arange(call.query.shape[0], device=device)[prompts, None, None, None]
        logits[..., first - columns.start :].masked_fill_(~call.mask.allows(at_batch, at_query, at_key), _HIDDEN)
    return logits


def default_scale(d_query: int) -> float:
    """The scale of a module that names none."""
    return 1 / math.sqrt(d_query)
