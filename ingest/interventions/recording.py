"""A run of a language model over prompts, and what is kept of it: what interventions start from."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from catalog.notation import HeadRef
from ingest.architectures.parts import attention_modules
from ingest.engine.forward import check_prompts, forward
from ingest.engine.slices import slices
from ingest.errors import InterventionLostError
from ingest.interventions.edits import (
    Edit,
    Replaced,
    each_replaced,
    heads_edited,
    is_plain,
    replacing,
    require_reached,
)
from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.readout import final_norm, logits_of
from ingest.interventions.stubs import leading_tensor
from ingest.liveness import PERTURBATION
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch


@dataclass(frozen=True)
class Run:
    """A language model on prompts, and what is done to its heads in any case."""

    loaded: LoadedModel
    tokens: Int[Tensor, "batch pos"]
    is_real: Bool[Tensor, "batch pos"]
    """False on padding, which may be on either side."""
    replaced: Replaced = field(default_factory=dict, repr=False)
    """What takes the place of z of heads that are knocked out."""
    batch_size: int = 32
    """Prompts at a time."""

    def check(self) -> None:
        """Refuse prompts that the language model cannot read.

        Raises:
            PromptError: A prompt is empty, too long, or holds an id outside the vocabulary.
        """
        check_prompts(self.loaded, PromptBatch(self.tokens, self.is_real, has_bos=False))

    def edit(self, rows: slice) -> Edit:
        """What is done to z of some of the prompts."""
        return replacing(each_replaced(self.replaced, lambda z: z[rows]))

    def part(self, rows: slice) -> "Run":
        """The same on some of the prompts."""
        return replace(
            self,
            tokens=self.tokens[rows],
            is_real=self.is_real[rows],
            replaced=each_replaced(self.replaced, lambda z: z[rows]),
        )

    def parts(self) -> Iterator[slice]:
        """The prompts, as many at a time as the run takes."""
        return slices(len(self.tokens), self.batch_size)


@dataclass(frozen=True)
class Recording:
    """What one run gave."""

    run: Run
    is_asked: Bool[Tensor, "batch pos"]
    """Queries whose logits are asked for."""
    z: dict[int, Float[Tensor, "batch pos head d_head"]]
    """z of each layer with heads as it went on to W_O, by its number among all layers."""
    resid_pre: dict[int, Float[Tensor, "batch pos d_model"]]
    """Residual stream before each layer, those without heads too."""
    attention_out: dict[int, Float[Tensor, "batch pos d_model"]]
    """What all heads of each layer with heads wrote together, before a norm that follows the attention."""
    resid: Float[Tensor, "query d_model"]
    """Residual stream after the last layer, at the asked queries in the order of their mask."""
    normed: Float[Tensor, "query d_model"]
    """The same behind the final norm."""

    def asked(self, values: Float[Tensor, "batch pos *rest"]) -> Float[Tensor, "query *rest"]:
        """Values at the asked queries."""
        return values[self.is_asked.to(values.device)]

    def part(self, rows: slice) -> "Recording":
        """The same of some of the prompts."""
        prompt = torch.arange(len(self.is_asked))[:, None].expand_as(self.is_asked)[self.is_asked]
        is_own = torch.isin(prompt, torch.arange(len(self.is_asked))[rows]).to(self.resid.device)
        z, resid_pre, attention_out = (
            {layer: values[rows] for layer, values in each.items()}
            for each in (self.z, self.resid_pre, self.attention_out)
        )
        return Recording(
            self.run.part(rows),
            self.is_asked[rows],
            z,
            resid_pre,
            attention_out,
            self.resid[is_own],
            self.normed[is_own],
        )


def record(run: Run, is_asked: Bool[Tensor, "batch pos"]) -> Recording:
    """Run the prompts and keep what interventions start from.

    Raises:
        UnsupportedAttentionError: A layer with heads was not reached.
        UnsupportedArchitectureError: W_O or the final norm of this family is nowhere written down.
        PromptError: Prompts that this language model cannot read.
        InterventionLostError: Perturbing the head that writes most leaves the logits as they are.
    """
    run.check()
    # Both look at the model in passes of their own when they are first asked, which must not be kept.
    is_plain(run.loaded), layer_stack(run.loaded)
    kept = _Kept(run, is_asked)
    with torch.no_grad(), kept.listening():
        for rows in run.parts():
            kept.rows = rows
            with heads_edited(run.loaded, kept.noting(run.edit(rows))) as layers:
                forward(run.loaded, run.tokens[rows], run.is_real[rows])
            require_reached(run.loaded, layers)
    recording = kept.recording()
    # With all heads knocked out by zeros nothing is left to perturb; that run comes from one in which nothing was.
    if not run.replaced:
        _require_live(recording)
    return recording


def _require_live(recording: Recording) -> None:
    """Turn one head round and scale it by ten, on the first prompt: the logits must move.

    It is turned round because a norm that follows the attention would undo the scale of a layer's only head.
    """
    one = recording.part(slice(0, 1))
    run = one.run
    layer = max(one.z, key=lambda each: float(one.attention_out[each].norm()))
    head = int(one.z[layer].float().square().sum(dim=(0, 1, 3)).argmax())

    def perturb(at: int, z: Tensor) -> Tensor:
        if at == layer:
            z = z.clone()
            z[:, :, head] *= -PERTURBATION
        return z

    with torch.no_grad(), heads_edited(run.loaded, perturb):
        last = forward(run.loaded, run.tokens, run.is_real).last_hidden_state
    moved = logits_of(run.loaded, one.asked(last)) - logits_of(run.loaded, one.normed)
    if not bool((moved != 0).any()):
        raise InterventionLostError(
            f"The logits of {run.loaded.hub_id} do not move when head {HeadRef(layer, head)} is scaled by ten, so that "
            "no effect of its heads can be measured."
        )


class _Kept:
    """Hooks that keep, pass by pass, what a recording holds."""

    def __init__(self, run: Run, is_asked: Bool[Tensor, "batch pos"]) -> None:
        self.rows = slice(0, 0)
        self._run = run
        self._is_asked = is_asked
        self._z: dict[int, list[Tensor]] = {layer: [] for layer in run.loaded.attention_layers}
        self._resid_pre: dict[int, list[Tensor]] = {layer: [] for layer in range(run.loaded.n_layers)}
        self._attention_out: dict[int, list[Tensor]] = {layer: [] for layer in run.loaded.attention_layers}
        self._resid: list[Tensor] = []
        self._normed: list[Tensor] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        loaded = self._run.loaded
        with ExitStack() as stack:
            stack.callback(final_norm(loaded).register_forward_hook(self._see_final).remove)
            for index, layer in enumerate(layer_stack(loaded).layers):
                see = self._see_layer(self._resid_pre[index])
                stack.callback(layer.register_forward_pre_hook(see, with_kwargs=True).remove)
            for index, attention in zip(loaded.attention_layers, attention_modules(loaded), strict=True):
                see = self._see_attention(self._attention_out[index])
                stack.callback(attention.register_forward_hook(see).remove)
            yield

    def noting(self, edit: Edit) -> Edit:
        def note(layer: int, given: Tensor) -> Tensor:
            self._z[layer].append(edit(layer, given))
            return self._z[layer][-1]

        return note

    def recording(self) -> Recording:
        z, resid_pre, attention_out = (
            {layer: torch.cat(parts) for layer, parts in each.items()}
            for each in (self._z, self._resid_pre, self._attention_out)
        )
        return Recording(
            self._run, self._is_asked, z, resid_pre, attention_out, torch.cat(self._resid), torch.cat(self._normed)
        )

    def _see_final(self, _: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        asked = self._is_asked[self.rows].to(output.device)
        self._resid.append(given[0][asked])
        self._normed.append(output[asked])

    @staticmethod
    def _see_layer(into: list[Tensor]) -> Any:
        def hook(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            into.append(given[0] if given else named["hidden_states"])

        return hook

    @staticmethod
    def _see_attention(into: list[Tensor]) -> Any:
        def hook(_: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            into.append(leading_tensor(output))

        return hook
