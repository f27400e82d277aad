"""Our attention function and our mask function inside transformers, and the one way to run a model through them.

Two failures would be silent. Without a registered mask function of the same name a model runs without causality. And
a few families accept a registered attention function and ignore it: `count_captures` finds them before a scan. Layers
are known by their place among all layers, which in hybrids is not their place among those that attend.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
import transformers
from torch import Tensor
from transformers import AttentionInterface, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend, default_scale
from ingest.engine.mask import KeyMask, make_key_mask
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel

IMPLEMENTATION = "headcat"

# Gets each layer's call in order and returns z, [batch, pos, head, d_head].
Handler = Callable[[AttentionCall], Tensor]

# Tensors among the arguments that we use, or that change nothing: positions are in query and key already.
_UNDERSTOOD = {"position_bias", "s_aux", "position_ids", "cache_position", "position_embeddings", "padding_mask"}


@dataclass
class _Run:
    handler: Handler
    loaded: LoadedModel
    is_probe: bool = False
    layers: list[int] = field(default_factory=list)
    has_unmasked_call: bool = False


_RUN: ContextVar[_Run | None] = ContextVar("run", default=None)
_N_CAPTURES: WeakKeyDictionary[PreTrainedModel, int] = WeakKeyDictionary()


@contextmanager
def attention_through(loaded: LoadedModel, handler: Handler) -> Iterator[list[int]]:
    """Run every attention of the model through the handler while this is open.

    Yields:
        Layers in the order of their calls, growing with each forward pass.
    """
    with _switched(loaded, _Run(handler, loaded)) as run:
        yield run.layers


def count_captures(loaded: LoadedModel) -> int:
    """Layers whose attention reaches our function in a forward pass; 0 where the family ignores it.

    Raises:
        UnsupportedAttentionError: A layer attends that has no heads by the configuration, or the model is causal where
            it should not be.
    """
    model = loaded.model
    if model not in _N_CAPTURES:
        _N_CAPTURES[model] = _probe(loaded)
    return _N_CAPTURES[model]


def _probe(loaded: LoadedModel) -> int:
    tokens = torch.zeros(1, min(2, loaded.context_length), dtype=torch.long)
    with torch.no_grad(), _switched(loaded, _Run(lambda call: attend(call).z, loaded, is_probe=True)) as run:
        if loaded.model.config._attn_implementation != IMPLEMENTATION:
            return 0
        forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
    # A module that gets no mask from the interface makes its own, and nobody knows which.
    if run.has_unmasked_call:
        return 0
    unexpected = sorted(set(run.layers) - set(loaded.attention_layers))
    if unexpected:
        raise UnsupportedAttentionError(
            f"Layer {unexpected[0]} of this {loaded.architecture} model attends, and its configuration gives heads to "
            f"the layers {list(loaded.attention_layers)} only; check layer_types in config.json."
        )
    return len(set(run.layers))


@contextmanager
def _switched(loaded: LoadedModel, run: _Run) -> Iterator[_Run]:
    AttentionInterface.register(IMPLEMENTATION, _attention)
    AttentionMaskInterface.register(IMPLEMENTATION, _mask)
    model: Any = loaded.model
    before = model.config._attn_implementation
    token = _RUN.set(run)
    try:
        _set_implementation(model, IMPLEMENTATION)
        yield run
    finally:
        _set_implementation(model, before)
        _RUN.reset(token)


def _set_implementation(model: Any, name: str) -> None:
    log: Any = transformers.utils.logging
    verbosity = log.get_verbosity()
    log.set_verbosity_error()  # a family that cannot switch warns; we count instead
    try:
        model.set_attn_implementation(name)
    finally:
        log.set_verbosity(verbosity)


def _mask(**arguments: Any) -> KeyMask | Tensor | None:
    run = _RUN.get()
    if run is not None and run.is_probe:
        # Families that ignore our attention function add the mask to their logits: give them one that they can add.
        _checked(make_key_mask(**arguments), run)
        return eager_mask(**(arguments | {"allow_is_bidirectional_skip": False}))
    return _checked(make_key_mask(**arguments), run)


def _checked(mask: KeyMask, run: _Run | None) -> KeyMask:
    if run is not None and run.loaded.is_causal and not mask.is_causal:
        raise UnsupportedAttentionError(
            f"In this {run.loaded.architecture} model a token attends to later tokens, which a decoder must not; "
            "headcat measures decoders and encoders."
        )
    return mask


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: KeyMask | Tensor | None,
    **arguments: Any,
) -> tuple[Tensor, None]:
    run = _RUN.get()
    if run is None:
        raise RuntimeError("The attention implementation `headcat` runs only inside attention_through().")
    unknown = [name for name, given in arguments.items() if isinstance(given, Tensor) and name not in _UNDERSTOOD]
    if unknown:
        raise UnsupportedAttentionError(
            f"{type(module).__name__} passes {unknown[0]!r} to its attention, which headcat cannot follow exactly; "
            "choose another language model."
        )
    if attention_mask is None and not run.is_probe:
        raise UnsupportedAttentionError(
            f"{type(module).__name__} attends without a mask from transformers' mask interface; "
            "choose another language model."
        )
    scale = arguments.get("scaling")
    mask = attention_mask.on(query.device) if isinstance(attention_mask, KeyMask) else attention_mask
    call = AttentionCall(
        layer=_layer_of(module, run),
        query=query,
        key=key,
        value=value,
        mask=mask if isinstance(mask, KeyMask) else None,
        bias=_bias(mask, arguments.get("position_bias")),
        scale=default_scale(query.shape[-1]) if scale is None else float(scale),
        softcap=arguments.get("softcap"),
        sinks=arguments.get("s_aux"),
    )
    run.layers.append(call.layer)
    run.has_unmasked_call |= attention_mask is None
    return run.handler(call), None


def _layer_of(module: torch.nn.Module, run: _Run) -> int:
    """Place among all layers; of modules that do not know it, or serve several layers (Zamba 2), by order of calls."""
    layer = getattr(module, "layer_idx", None)
    if isinstance(layer, int) and layer >= 0:
        return layer
    attending = run.loaded.attention_layers
    return attending[len(run.layers) % len(attending)]


def _bias(mask: KeyMask | Tensor | None, position_bias: Tensor | None) -> Tensor | None:
    """A mask that the model made itself, and its additive bias, as one addend of the logits."""
    if not isinstance(mask, Tensor):
        return None if position_bias is None else position_bias.float()
    hidden = torch.finfo(torch.float32).min / 4
    added = (
        torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, hidden) if mask.dtype == torch.bool else mask
    )
    # A half-precision minimum is not far enough below float32 logits, and two minima must not add up to -inf.
    added = added.float().masked_fill(added <= torch.finfo(added.dtype).min / 8, hidden)
    return added if position_bias is None else added + position_bias.float()
