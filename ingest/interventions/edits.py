"""Replace z of heads while a language model runs, without code for any architecture.

z is what a head hands to W_O. It is replaced inside the attention function that we register in transformers; families
that ignore that function, or gate what it returns before W_O, are served by a hook on the way into W_O. Every run
counts the layers that it reached, so that no intervention is silently lost.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingest.architectures.families import FAMILIES
from ingest.architectures.parts import output_projections
from ingest.engine.capture import attention_through, count_captures
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel

Z = Float[Tensor, "row pos head d_head"]
Edit = Callable[[int, Z], Z]
"""Layer, counted among all layers, and z of its heads in → the z that goes on; the given z is left as it is."""
Replaced = Mapping[int, Mapping[int, Float[Tensor, "batch pos d_head"]]]
"""By layer and head: what takes the place of z."""


def replacing(replaced: Replaced) -> Edit:
    """The edit that puts these in the place of what the heads gave."""

    def edit(layer: int, z: Z) -> Z:
        if layer not in replaced:
            return z
        z = z.clone()
        for head, instead in replaced[layer].items():
            z[:, :, head] = instead
        return z

    return edit


def each_replaced(replaced: Replaced, change: Callable[[Tensor], Tensor]) -> Mapping[int, Mapping[int, Tensor]]:
    """The same heads, and what takes their place changed alike: some of the prompts, or several times the same."""
    return {layer: {head: change(z) for head, z in heads.items()} for layer, heads in replaced.items()}


def is_seen(loaded: LoadedModel) -> bool:
    """Whether every layer with heads attends through our function, which shows queries, keys and values."""
    return count_captures(loaded) == len(loaded.attention_layers)


_IS_PLAIN: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()


def is_plain(loaded: LoadedModel) -> bool:
    """Whether W_O gets what our attention function returned; some families gate it in between (Qwen3-Next)."""
    model = loaded.model
    if model not in _IS_PLAIN:
        _IS_PLAIN[model] = is_seen(loaded) and (loaded.architecture not in FAMILIES or _reaches_projection(loaded))
    return _IS_PLAIN[model]


def _reaches_projection(loaded: LoadedModel) -> bool:
    returned: list[Tensor] = []
    entered: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        entered.append(arguments[0])

    def note(call: AttentionCall) -> Tensor:
        returned.append(attend(call).z)
        return returned[-1]

    ids = torch.zeros(1, min(2, loaded.context_length), dtype=torch.long)
    with ExitStack() as stack, torch.no_grad():
        for projection in output_projections(loaded):
            stack.callback(projection.register_forward_pre_hook(keep).remove)
        stack.enter_context(attention_through(loaded, note))
        forward(loaded, ids, torch.ones_like(ids, dtype=torch.bool))
    pairs = zip(returned, entered, strict=True)
    return all(given.numel() == got.numel() and torch.equal(given.flatten(), got.flatten()) for given, got in pairs)


def require_seen(loaded: LoadedModel, what: str) -> None:
    """Refuse what needs queries, keys or values where the family does not show them.

    Raises:
        UnsupportedAttentionError: The family ignores the attention interface; it is named.
    """
    if not is_plain(loaded):
        raise UnsupportedAttentionError(
            f"{what} needs queries, keys and values on their way to W_O, and a {loaded.architecture} model does not "
            "attend through transformers' attention interface, which shows them, or changes what comes of them; choose "
            "another language model."
        )


@contextmanager
def heads_edited(loaded: LoadedModel, edit: Edit) -> Iterator[list[int]]:
    """Every head's z goes through the edit while this is open.

    Yields:
        Layers whose z was edited, growing with each pass; `require_reached` looks at it.

    Raises:
        UnsupportedArchitectureError: The family ignores the interface, and nobody wrote down where it keeps W_O.
    """
    if is_plain(loaded):
        with attention_through(loaded, lambda call: edit(call.layer, attend(call).z)) as layers:
            yield layers
        return
    reached: list[int] = []
    with ExitStack() as stack:
        for layer, projection in zip(loaded.attention_layers, output_projections(loaded), strict=True):
            hook = _before_projection(loaded, layer, edit, reached)
            stack.callback(projection.register_forward_pre_hook(hook).remove)
        yield reached


def require_reached(loaded: LoadedModel, layers: list[int], first: int = 0) -> None:
    """Make sure that one pass from this layer on was edited in every layer with heads.

    Raises:
        UnsupportedAttentionError: A layer was not reached, or reached twice.
    """
    expected = [layer for layer in loaded.attention_layers if layer >= first]
    if sorted(layers) != expected:
        raise UnsupportedAttentionError(
            f"This {loaded.architecture} model attended in the layers {sorted(layers)} instead of once in each of the "
            f"{len(expected)} that have heads; what is done to its heads would not reach the logits."
        )


def _before_projection(loaded: LoadedModel, layer: int, edit: Edit, reached: list[int]) -> Any:
    def hook(_: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        reached.append(layer)
        z = arguments[0]
        by_head = z.reshape(*z.shape[:-1], loaded.n_heads, -1)
        return (edit(layer, by_head).reshape(z.shape), *arguments[1:])

    return hook
