"""What a language model wrote on, and where each head looked while it did.

A trace is what detectors of decoding read: which key drew the most attention of each head at each step, and which
token came of it. Decoding is greedy and keeps every key and value: caches that drop keys beyond a window would hide
where a head of another layer looks, so a full cache replaces them, and the windows themselves stay in the mask.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from ingest.engine.capture import attention_through, count_captures
from ingest.engine.forward import accepts, check_prompts
from ingest.engine.kernels import AttentionCall
from ingest.engine.last_query import attend_and_look
from ingest.engine.memory import with_room
from ingest.errors import PromptError, UnsupportedArchitectureError, UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch
from ingest.prompts.needles import NeedleBatch

Row = Float[Tensor, "batch head key"]


@dataclass(frozen=True)
class DecodingTrace:
    """Greedy decoding of a batch with the full key-value cache, step by step.

    Step 0 reads the whole prompt and gives the first token; step s reads the token that step s − 1 gave. A text that
    ended early has steps that do not count. Layers are those that have heads.
    """

    batch: PromptBatch
    """The prompts, with whatever their family noted of them."""
    token: Int[Tensor, "batch step"]
    """The token that each step gave: the largest logit."""
    is_counted: Bool[Tensor, "batch step"]
    """Steps that belong to the text: up to the end-of-text token, which no longer counts."""
    top_key: Int[Tensor, "batch step layer head"]
    """Position of the key that got most attention from the step's query: in the padded prompt up to its end, and
    beyond it in what was decoded."""
    context: Int[Tensor, "batch pos"]
    """Ids of prompt and decoded text together, which `top_key` points into."""
    needle_mass: Float[Tensor, "batch step layer head"]
    """Attention mass of the step's query on the needle that the prompts mark; 0 where they mark none."""
    decoy_mass: Float[Tensor, "batch step layer head"]
    """The same on the decoy: as many tokens where nothing is to be found."""
    batch_size: int = 8
    """Prompts at a time that fitted into memory."""


def decode(loaded: LoadedModel, batch: PromptBatch, n_tokens: int, *, batch_size: int = 8) -> DecodingTrace:
    """Decode greedily after each prompt and watch every head.

    Prompts must be padded on the left, if at all: what is decoded follows the last column.

    Args:
        loaded: A decoder.
        batch: Prompts; where they hide a needle, the mass on it is recorded.
        n_tokens: Steps.
        batch_size: Prompts at a time; halved until they fit.

    Raises:
        IngestError: Not even one prompt fits into memory.
        PromptError: Prompts that do not fit, with what is to be decoded, into the context.
        UnsupportedAttentionError: A layer's attention cannot be watched, or the cache drops keys.
        UnsupportedArchitectureError: An encoder, which writes nothing.
    """
    if not loaded.is_causal:
        raise UnsupportedArchitectureError(
            f"A {loaded.architecture} model is an encoder: it predicts no next token, so nothing can be decoded."
        )
    check_prompts(loaded, batch)
    _check_room(loaded, batch, n_tokens)
    nothing = torch.zeros_like(batch.is_real)
    spans = torch.stack(
        [batch.is_marked, batch.is_decoy] if isinstance(batch, NeedleBatch) else [nothing, nothing], dim=-1
    )
    with torch.no_grad():
        steps, n_fitting = _decode_in_parts(loaded, batch, spans, n_tokens, batch_size)
    context = torch.cat([batch.tokens, steps.token], dim=1)
    needle, decoy = steps.mass.unbind(dim=-1)
    return DecodingTrace(batch, steps.token, steps.is_counted, steps.top_key, context, needle, decoy, n_fitting)


@dataclass(frozen=True)
class _Steps:
    """What some prompts gave, step by step."""

    token: Int[Tensor, "batch step"]
    is_counted: Bool[Tensor, "batch step"]
    top_key: Int[Tensor, "batch step layer head"]
    mass: Float[Tensor, "batch step layer head span"]


def _decode_in_parts(
    loaded: LoadedModel, batch: PromptBatch, spans: Bool[Tensor, "batch pos span"], n_tokens: int, batch_size: int
) -> tuple[_Steps, int]:
    """The steps, and how many prompts at a time fitted."""
    parts: list[_Steps] = []
    start = 0

    def decode_rest(n_prompts: int) -> None:
        nonlocal start
        while start < len(batch.tokens):
            rows = slice(start, start + n_prompts)
            parts.append(_decode_rows(loaded, batch.tokens[rows], batch.is_real[rows], spans[rows], n_tokens))
            start += n_prompts

    what = f"A single prompt of {batch.tokens.shape[1]} tokens, and what is decoded after it,"
    _, n_fitting = with_room(decode_rest, batch_size, loaded.device, what=what)
    return _Steps(*(torch.cat([getattr(part, each.name) for part in parts]) for each in fields(_Steps))), n_fitting


def _check_room(loaded: LoadedModel, batch: PromptBatch, n_tokens: int) -> None:
    longest = int(batch.is_real.sum(dim=-1).max())
    # The last token that is decoded is never read.
    if longest + n_tokens - 1 > loaded.context_length:
        raise PromptError(
            f"A prompt of {longest} tokens leaves no room to decode {n_tokens}: {loaded.hub_id} reads at most "
            f"{loaded.context_length}; ask for prompts of at most {loaded.context_length - n_tokens + 1} tokens."
        )
    if not bool(batch.is_real[:, -1].all()):
        raise PromptError("Prompts to decode from must be padded on the left, so that what is decoded follows them.")


def _decode_rows(
    loaded: LoadedModel,
    tokens: Int[Tensor, "batch pos"],
    is_real: Bool[Tensor, "batch pos"],
    spans: Bool[Tensor, "batch pos span"],
    n_tokens: int,
) -> _Steps:
    cache = _full_cache(loaded)
    goes_on = torch.ones(len(tokens), dtype=torch.bool)
    steps: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    ids, is_seen = tokens.masked_fill(~is_real, 0), is_real
    with _watched(loaded) as look:
        for _ in range(n_tokens):
            logits, rows = look(_inputs(loaded, ids, is_seen, cache))
            token = logits.argmax(dim=-1).cpu()
            goes_on = goes_on & ~torch.isin(token, _end_ids(loaded))
            pattern = torch.stack(rows, dim=1)  # [batch, layer, head, key]
            mass = torch.einsum("blhk,bks->blhs", pattern[..., : spans.shape[1]], spans.float())
            steps.append((token, goes_on, pattern.argmax(dim=-1), mass))
            ids, is_seen = token[:, None], torch.cat([is_seen, torch.ones(len(tokens), 1, dtype=torch.bool)], dim=1)
    return _Steps(*(torch.stack(each, dim=1) for each in zip(*steps, strict=True)))


def _full_cache(loaded: LoadedModel) -> DynamicCache:
    """A cache that drops no key; layers without attention keep their state in it too."""
    if len(loaded.attention_layers) == loaded.n_layers:
        return DynamicCache()
    cache = DynamicCache(config=loaded.model.config)
    for layer in loaded.attention_layers:
        if isinstance(cache.layers[layer], DynamicSlidingWindowLayer):
            cache.layers[layer] = DynamicLayer()  # type: ignore[no-untyped-call]
    return cache


def _inputs(loaded: LoadedModel, ids: Tensor, is_seen: Tensor, cache: DynamicCache) -> dict[str, Any]:
    positions = (is_seen.long().cumsum(dim=-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    inputs: dict[str, Any] = {
        "input_ids": ids.to(loaded.device),
        "attention_mask": is_seen.long().to(loaded.device),
        "past_key_values": cache,
        "use_cache": True,
    }
    if accepts(loaded.model, "position_ids"):
        inputs["position_ids"] = positions.to(loaded.device)
    if accepts(loaded.model, "logits_to_keep"):
        inputs["logits_to_keep"] = 1
    return inputs


def _end_ids(loaded: LoadedModel) -> Int[Tensor, " id"]:
    model: Any = loaded.model
    given = model.generation_config.eos_token_id if model.generation_config else model.config.eos_token_id
    ids = given if isinstance(given, list) else [] if given is None else [given]
    return torch.tensor(ids, dtype=torch.long)


Look = Callable[[dict[str, Any]], tuple[Tensor, list[Row]]]


@contextmanager
def _watched(loaded: LoadedModel) -> Iterator[Look]:
    """A way to run one pass that also returns each layer's last row of the pattern, on the CPU."""
    n_captures = count_captures(loaded)
    if n_captures == 0:
        with _eager(loaded) as look:
            yield look
        return
    if n_captures != len(loaded.attention_layers):
        raise UnsupportedAttentionError(
            f"Only {n_captures} of the {len(loaded.attention_layers)} layers with heads of this {loaded.architecture} "
            "model attend through transformers' attention interface; choose another language model."
        )
    rows: dict[int, Row] = {}

    def observe(call: AttentionCall) -> Tensor:
        z, rows[call.layer] = attend_and_look(call)
        return z

    model: Any = loaded.model
    with attention_through(loaded, observe):

        def look(inputs: dict[str, Any]) -> tuple[Tensor, list[Row]]:
            rows.clear()
            output = model(**inputs)
            return output.logits[:, -1], [rows[layer].cpu() for layer in loaded.attention_layers]

        yield look


@contextmanager
def _eager(loaded: LoadedModel) -> Iterator[Look]:
    """The same through eager attention, for families that ignore the attention interface; quadratic in memory."""
    model: Any = loaded.model
    before = model.config._attn_implementation
    if before != "eager":
        model.set_attn_implementation("eager")
    try:

        def look(inputs: dict[str, Any]) -> tuple[Tensor, list[Row]]:
            output = model(**inputs, output_attentions=True)
            return output.logits[:, -1], [pattern[:, :, -1].float().cpu() for pattern in output.attentions]

        yield look
    finally:
        if before != "eager":
            model.set_attn_implementation(before)
