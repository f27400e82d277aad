"""Whether a language model is really being measured: hooks that fire, heads that write.

A silent hook gives clean zeros, and a head whose pattern looks right may write nothing. Both are found here, cheaply,
before a verdict is given.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from catalog.notation import HeadRef
from ingest.architectures.families import FAMILIES
from ingest.architectures.parts import layers, norms_after_attention, output_projections, rows_by_head
from ingest.engine.capture import attention_through, count_captures
from ingest.engine.closing import closed
from ingest.engine.forward import check_prompts, forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.engine.reference import patterns
from ingest.interventions.edits import Edit, heads_edited
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch

# Scaled by this, a head that reaches the logits moves them.
PERTURBATION = 10.0
# Prompts that the share is averaged over: it tells nothing from something, so a few are enough.
_N_PROMPTS = 4


@dataclass(frozen=True)
class Liveness:
    """What was found on the way to the logits."""

    n_layers: int
    """Layers that have heads."""
    n_captures: int
    """Layers whose attention was seen: through the interface, or as patterns for the reference engine."""
    head: HeadRef
    """Head that was scaled by ten."""
    logit_change: float
    """Largest absolute change of a logit; of the last hidden state, where an encoder comes without its logits."""

    @property
    def is_live(self) -> bool:
        """Whether every layer was seen and the perturbed head moved the logits."""
        return self.n_captures == self.n_layers and self.logit_change > 0


def check(loaded: LoadedModel, batch: PromptBatch, head: HeadRef | None = None) -> Liveness:
    """Perturb one head hard and see whether the logits move.

    Args:
        loaded: The language model.
        batch: Its first prompt is used.
        head: Head to scale; the one that writes most where none is named.

    Raises:
        UnsupportedAttentionError: Neither engine sees the attention of this family.
        UnsupportedArchitectureError: The attention interface is ignored, and nobody wrote down where W_O is.
        PromptError: Prompts that this language model cannot read.
    """
    first = PromptBatch(batch.tokens[:1], batch.is_real[:1], batch.has_bos)
    check_prompts(loaded, first)
    first = closed(loaded, first)
    n_attending = len(loaded.attention_layers)
    is_streamed = count_captures(loaded) == n_attending
    n_captures = n_attending if is_streamed else len(patterns(loaded, first))
    head = head or _strongest(loaded, first)
    with torch.no_grad():
        with heads_edited(loaded, _scaling(head, 1.0)):
            intact = _final(loaded, first)
        with heads_edited(loaded, _scaling(head, PERTURBATION)):
            perturbed = _final(loaded, first)
    change = (perturbed - intact)[first.is_real.to(intact.device)].abs().max()
    return Liveness(n_attending, n_captures, head, float(change))


def _final(loaded: LoadedModel, first: PromptBatch) -> Float[Tensor, "batch pos out"]:
    output = forward(loaded, first.tokens, first.is_real, with_logits=True)
    found: Tensor = output.logits if "logits" in output else output.last_hidden_state
    return found


def head_output_share(loaded: LoadedModel, batch: PromptBatch) -> Float[Tensor, "layer head"]:
    """Size of what each head writes, relative to the residual stream that it writes into.

    Mean over the real tokens of a few prompts of the norm of z @ W_O, divided by the same mean for resid_pre of its
    layer; biases belong to no head. Where a norm follows the attention (Gemma 2 and 3, OLMo 2), a head's write is
    taken through the gain which that norm gives the layer's whole output at the token. 0 for a head that writes
    nothing, whatever its pattern; NaN in layers that have no heads.

    Raises:
        UnsupportedArchitectureError: Nobody wrote down where this family keeps W_O.
        PromptError: Prompts that this language model cannot read.
    """
    few = PromptBatch(batch.tokens[:_N_PROMPTS], batch.is_real[:_N_PROMPTS], batch.has_bos)
    check_prompts(loaded, few)
    few = closed(loaded, few)
    # The norm of z @ W_O needs only W_O @ W_O.T, which is d_head × d_head and not d_head × d_model.
    seen = _Writes([_gram(projection, loaded.n_heads) for projection in output_projections(loaded)], few.is_real)
    with torch.no_grad(), seen.listening(loaded):
        forward(loaded, few.tokens, few.is_real)
    return loaded.spread(torch.stack(seen.shares()))


def _gram(projection: nn.Module, n_heads: int) -> Float[Tensor, "head d_head d_head"]:
    rows = rows_by_head(projection, n_heads).float()
    return rows @ rows.transpose(-1, -2)


class _Writes:
    """Hooks that collect, layer by layer, what `head_output_share` divides."""

    def __init__(self, grams: list[Float[Tensor, "head d_head d_head"]], is_real: Tensor) -> None:
        self._grams = grams
        self._is_real = is_real
        self._resid: dict[int, Tensor] = {}
        self._written: dict[int, Tensor] = {}
        self._gain: dict[int, Tensor] = {}

    @contextmanager
    def listening(self, loaded: LoadedModel) -> Iterator[None]:
        parts = zip(layers(loaded), output_projections(loaded), norms_after_attention(loaded), strict=True)
        with ExitStack() as stack:
            for index, (layer, projection, norm) in enumerate(parts):
                stack.callback(layer.register_forward_pre_hook(self._see_layer(index), with_kwargs=True).remove)
                stack.callback(projection.register_forward_pre_hook(self._see_z(index)).remove)
                if norm is not None:
                    stack.callback(norm.register_forward_hook(self._see_norm(index)).remove)
            yield

    def shares(self) -> list[Float[Tensor, " head"]]:
        found = []
        for index in range(len(self._grams)):
            written = self._written[index] * self._gain.get(index, torch.ones(1))[..., None]  # [batch, pos, head]
            found.append(written[self._is_real].mean(dim=0) / self._resid[index][self._is_real].mean())
        return found

    def _see_layer(self, index: int) -> Any:
        def hook(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            resid_pre = arguments[0] if arguments else named["hidden_states"]
            self._resid[index] = resid_pre.float().norm(dim=-1).cpu()

        return hook

    def _see_z(self, index: int) -> Any:
        def hook(_: nn.Module, arguments: tuple[Any, ...]) -> None:
            gram = self._grams[index]
            z = arguments[0].float().reshape(*self._is_real.shape, gram.shape[0], -1)
            squares = torch.einsum("bphd,hde,bphe->bph", z, gram, z)
            self._written[index] = squares.clamp(min=0).sqrt().cpu()

        return hook

    def _see_norm(self, index: int) -> Any:
        def hook(_: nn.Module, arguments: tuple[Any, ...], output: Tensor) -> None:
            before = arguments[0].float().norm(dim=-1).clamp(min=1e-30)
            self._gain[index] = (output.float().norm(dim=-1) / before).cpu()

        return hook


def _strongest(loaded: LoadedModel, first: PromptBatch) -> HeadRef:
    """The head that writes most; by z alone in families whose W_O nobody wrote down."""
    if loaded.architecture in FAMILIES:
        sizes = head_output_share(loaded, first).nan_to_num(nan=-1.0)
    else:
        sizes = torch.full((loaded.n_layers, loaded.n_heads), -1.0)

        def note(call: AttentionCall) -> Tensor:
            z = attend(call).z
            sizes[call.layer] = z.float().norm(dim=-1).mean(dim=(0, 1)).cpu()
            return z

        with torch.no_grad(), attention_through(loaded, note):
            forward(loaded, first.tokens, first.is_real)
    return HeadRef(*divmod(int(sizes.argmax()), loaded.n_heads))


def _scaling(head: HeadRef, factor: float) -> Edit:
    def scale(layer: int, z: Tensor) -> Tensor:
        if layer != head.layer:
            return z
        z = z.clone()
        z[:, :, head.head] *= factor
        return z

    return scale
