"""What the layers make of single residual vectors: the way from a token, or any vector, to queries, keys and values.

A prompt of one token attends to itself alone, so what a head hands to W_O there *is* the value of its token, whatever
the family calls its matrices, fuses them into, or shares among heads. Each layer is entered with the vectors one wants
to know about and left before W_O. Queries and keys come from position 0, where rotary embeddings turn nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingest.architectures.families import get_family
from ingest.architectures.parts import layers, output_projections
from ingest.architectures.placement import device_of
from ingest.engine.capture import attention_through, count_captures
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall
from ingest.engine.slices import slices
from ingest.errors import UnsupportedArchitectureError
from ingest.loaded_model import LoadedModel

# One-token prompts in one pass.
_CHUNK = 512


class _Reached(Exception):  # noqa: N818 – no error: what was wanted is there, and the rest of the pass is not
    """Ends a pass early."""


def token_vectors(
    loaded: LoadedModel, ids: Int[Tensor, " item"], *, after_first_mlp: bool
) -> Float[Tensor, "item d_model"]:
    """W_E of tokens as it enters the residual stream, without positions; or that and what the first MLP adds to it.

    The attention of the first layer is left out, so the result depends on the token alone. float32, on the CPU.

    Raises:
        UnsupportedArchitectureError: The first layer has no attention that could be left out.
    """
    if loaded.attention_layers[0] != 0:
        raise UnsupportedArchitectureError(
            f"The first layer of this {loaded.architecture} model has no attention, and what it makes of a token "
            "depends on other tokens; its heads are not read from the weights."
        )
    found: list[Tensor] = []

    def keep(output: Any) -> None:
        resid = output[0] if isinstance(output, tuple) else output
        found.append(resid.detach().float().cpu()[:, 0])
        raise _Reached

    first = layers(loaded)[0]
    with torch.no_grad(), ExitStack() as stack:
        stack.enter_context(_zeroed(output_projections(loaded)[0]))
        position_embedding = get_family(loaded.architecture).position_embedding
        if position_embedding is not None:
            stack.enter_context(_zeroed(loaded.model.base_model.get_submodule(position_embedding)))
        if after_first_mlp:
            handle = first.register_forward_hook(lambda module, arguments, output: keep(output))
        else:
            handle = first.register_forward_pre_hook(
                lambda module, arguments, named: keep(arguments[0] if arguments else named["hidden_states"]),
                with_kwargs=True,
            )
        stack.callback(handle.remove)
        for rows in slices(len(ids), _CHUNK):
            _run_until_reached(loaded, ids[rows])
    return torch.cat(found)


def values(loaded: LoadedModel, vectors: Float[Tensor, "item d_model"]) -> list[Float[Tensor, "head item d_head"]]:
    """What each head of each layer passes to W_O for residual vectors, biases left out; float32, on the CPU.

    The vectors go through the layer's own norm. What the layer makes of a vector of zeros (the biases of norm and
    values) is the same for every token and is subtracted. Layers without heads are left out.
    """
    found: list[list[Tensor]] = [[] for _ in loaded.attention_layers]
    nothing = torch.zeros(1, vectors.shape[1])
    with torch.no_grad(), _values_as_z(loaded):
        for rows in slices(len(vectors), _CHUNK):
            for layer, z in enumerate(_entered(loaded, torch.cat([nothing, vectors[rows]]))):
                by_head = z.reshape(len(z), loaded.n_heads, -1).transpose(0, 1).float().cpu()
                found[layer].append(by_head[:, 1:] - by_head[:, :1])
    return [torch.cat(parts, dim=1) for parts in found]


def queries_and_keys(
    loaded: LoadedModel, for_queries: Float[Tensor, "item d_model"], for_keys: Float[Tensor, "key d_model"]
) -> Iterator[tuple[Float[Tensor, "head item d_query"], Float[Tensor, "head key d_query"]]]:
    """Queries of some residual vectors and keys of others, layer by layer; their product is the attention logit.

    Biases, and norms of queries and keys, are as the layer has them. float32, on the CPU.

    Raises:
        UnsupportedArchitectureError: The family does not attend through transformers' interface, which shows them.
    """
    if count_captures(loaded) != len(loaded.attention_layers):
        raise UnsupportedArchitectureError(
            f"Queries and keys of a {loaded.architecture} model are not seen: it does not attend through "
            "transformers' attention interface in every layer."
        )
    queries = _project(loaded, for_queries, "query")
    keys = _project(loaded, for_keys, "key")
    yield from zip(queries, keys, strict=True)


def _project(loaded: LoadedModel, vectors: Tensor, which: str) -> list[Float[Tensor, "head item d_query"]]:
    found: list[list[Tensor]] = [[] for _ in loaded.attention_layers]

    def note(call: AttentionCall) -> Tensor:
        projected = call.query * call.scale if which == "query" else _repeated(call.key, loaded)
        found[loaded.attention_layers.index(call.layer)].append(projected[:, :, 0].transpose(0, 1).float().cpu())
        return _repeated(call.value, loaded).transpose(1, 2)

    with torch.no_grad(), attention_through(loaded, note):
        for rows in slices(len(vectors), _CHUNK):
            for _ in _entered(loaded, vectors[rows]):
                pass
    return [torch.cat(parts, dim=1) for parts in found]


def _repeated(by_kv_head: Tensor, loaded: LoadedModel) -> Tensor:
    return by_kv_head.repeat_interleave(loaded.n_heads // by_kv_head.shape[1], dim=1)


@contextmanager
def _values_as_z(loaded: LoadedModel) -> Iterator[None]:
    """Attention that hands on the value of the only token; learned sinks would take a part of it."""
    if count_captures(loaded) != len(loaded.attention_layers):
        yield  # the family attends by itself, and to one token there is only one way to attend
        return
    with attention_through(loaded, lambda call: _repeated(call.value, loaded).transpose(1, 2)):
        yield


def _entered(loaded: LoadedModel, vectors: Float[Tensor, "item d_model"]) -> Iterator[Float[Tensor, "item z"]]:
    """Enter every layer with the vectors, each as a prompt of its own, and leave it before W_O."""
    positional, named = _arguments(loaded, len(vectors))
    found: list[Tensor] = []

    def keep(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        found.append(arguments[0].detach())
        raise _Reached

    for layer, projection in zip(layers(loaded), output_projections(loaded), strict=True):
        dtype = next(layer.parameters()).dtype
        handle = projection.register_forward_pre_hook(keep)
        try:
            layer(vectors[:, None].to(device_of(layer), dtype), *positional, **named)
        except _Reached:
            pass
        finally:
            handle.remove()
        yield found.pop().flatten(0, 1)  # one position


def _arguments(loaded: LoadedModel, n_items: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model passes to its layers beside the residual stream: masks, positions and flags of one-token prompts.

    They are those of the first layer. Layers may differ in windows and rotation, which mean nothing at one token.
    """
    found: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def keep(module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        rest = {name: value for name, value in named.items() if name != "hidden_states"}
        found.append((arguments[1:], rest))
        raise _Reached

    handle = layers(loaded)[0].register_forward_pre_hook(keep, with_kwargs=True)
    try:
        _run_until_reached(loaded, torch.zeros(n_items, dtype=torch.long))
    finally:
        handle.remove()
    return found[0]


def _run_until_reached(loaded: LoadedModel, ids: Int[Tensor, " item"]) -> None:
    tokens = ids[:, None].cpu()
    try:
        forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
    except _Reached:
        return
    raise AssertionError("the pass ends where it was told to")


@contextmanager
def _zeroed(module: nn.Module) -> Iterator[None]:
    """The module returns zeros while this is open."""
    handle = module.register_forward_hook(lambda _, arguments, output: torch.zeros_like(output))
    try:
        yield
    finally:
        handle.remove()
