"""What becomes of a run when the heads of one layer write something else: exact, from that layer on.

Not computed again are the layers before, the attention of the layer itself, and, in the last layer, all queries but
those whose logits are asked for. Whether a family can be entered like this is tried out on a few tokens before any
result is believed.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ingest.architectures.parts import attention_modules
from ingest.engine.capture import attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.errors import UnsupportedAttentionError
from ingest.interventions.attention_form import attention_form
from ingest.interventions.chosen_queries import pick, places
from ingest.interventions.edits import Replaced, each_replaced, heads_edited, is_plain, replacing
from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.narrowed import Narrowed, on_chosen
from ingest.interventions.recording import Recording, Run, record
from ingest.interventions.replay import entered
from ingest.interventions.stubs import stubbed, with_leading_tensor
from ingest.loaded_model import LoadedModel


@dataclass(frozen=True)
class Replay:
    """The last hidden states of a recorded run, with what one layer's heads write given."""

    recording: Recording
    is_narrow: bool
    """Whether the last layer is computed for the asked queries alone."""

    def normed(
        self, layer: int, written: Float[Tensor, "variant batch pos d_model"], rows: slice
    ) -> Float[Tensor, "variant query d_model"]:
        """What the final norm gives at the asked queries of some prompts, for several variants of a layer's heads.

        Args:
            layer: Counted among all layers.
            written: What its heads write together, before a norm that follows the attention.
            rows: The prompts.

        Raises:
            UnsupportedAttentionError: A later layer was not reached.
        """
        run = self.recording.run
        n_variants = len(written)
        asked = self.recording.is_asked[rows].repeat(n_variants, 1)
        resid_pre = self.recording.resid_pre[layer][rows].repeat(n_variants, 1, 1)
        replaced = each_replaced(run.replaced, lambda z: z[rows].repeat(n_variants, 1, 1))
        with (
            torch.no_grad(),
            self._attending(layer, written.flatten(0, 1), asked, replaced) as reached,
            entered(run.loaded, layer, resid_pre),
        ):
            tokens, is_real = (each[rows].repeat(n_variants, 1) for each in (run.tokens, run.is_real))
            last = forward(run.loaded, tokens, is_real).last_hidden_state
        later = [each for each in run.loaded.attention_layers if each > layer]
        if sorted(set(reached)) != later:
            raise UnsupportedAttentionError(
                f"Behind layer {layer} of this {run.loaded.architecture} model layers {sorted(set(reached))} attended "
                f"instead of {later}; what is done to its heads would not reach the logits."
            )
        return torch.unflatten(last[asked.to(last.device)], 0, (n_variants, -1))

    def repeats_the_run(self) -> bool:
        """Whether the first prompt ends as it did when its first layer with heads is entered and nothing is changed."""
        first = self.recording.run.loaded.attention_layers[0]
        one = slice(0, 1)
        found = self.normed(first, self.recording.attention_out[first][None, one], one)[0]
        return is_close(found, self.recording.normed[: len(found)])

    @contextmanager
    def _attending(
        self,
        layer: int,
        written: Float[Tensor, "row pos d_model"],
        asked: Bool[Tensor, "row pos"],
        replaced: Replaced,
    ) -> Iterator[list[int]]:
        """Attention while a pass runs from a layer on: given in that layer, computed in later ones."""
        loaded = self.recording.run.loaded
        own = loaded.attention_layers.index(layer)
        attention, form = attention_modules(loaded)[own], attention_form(loaded).outputs[own]
        edit = replacing(replaced)
        last = loaded.n_layers - 1
        with ExitStack() as stack:
            if not self.is_narrow:
                given = with_leading_tensor(form, written)
                stack.enter_context(stubbed({attention: lambda *_, **__: given}))
                yield stack.enter_context(heads_edited(loaded, edit))
                return
            at = places(asked).to(written.device)
            module = layer_stack(loaded).layers[last]
            whole = module.forward
            if layer == last:
                given = with_leading_tensor(form, pick(written, at))
                narrow: Any = partial(on_chosen, whole, at)
            else:
                given = with_leading_tensor(form, written)
                narrow = Narrowed(last, whole, at, replaced)
            stack.enter_context(stubbed({attention: lambda *_, **__: given, module: narrow}))

            def handle(call: AttentionCall) -> Tensor:
                if call.layer == last and isinstance(narrow, Narrowed):
                    return narrow.attend(call)
                return edit(call.layer, attend(call).z)

            yield stack.enter_context(attention_through(loaded, handle))


_CAN_REPLAY: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()


def replay_of(recording: Recording) -> Replay | None:
    """A way to start in the middle of a recorded run; None where the family was seen to come out elsewhere."""
    loaded = recording.run.loaded
    if loaded.model not in _CAN_REPLAY:
        _CAN_REPLAY[loaded.model] = _comes_out_right(loaded)
    if not _CAN_REPLAY[loaded.model]:
        return None
    return Replay(recording, _is_narrow(recording))


def _is_narrow(recording: Recording) -> bool:
    loaded = recording.run.loaded
    n_pos = recording.is_asked.shape[1]
    # Every prompt is narrowed to as many queries as the one that asks most; each costs about what it saves twice.
    is_worth_it = 2 * int(recording.is_asked.sum(dim=1).max()) <= n_pos
    return is_worth_it and is_plain(loaded) and loaded.n_layers - 1 in loaded.attention_layers


def _comes_out_right(loaded: LoadedModel) -> bool:
    """Whether a small run that is entered in each layer, with nothing changed, ends as it did."""
    if not attention_form(loaded).is_written:
        return False
    length = min(5, loaded.context_length)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, loaded.d_vocab, (2, length), generator=generator)
    is_real = torch.ones_like(tokens, dtype=torch.bool)
    is_real[0, -1] = length == 1
    is_asked = is_real & (is_real.cumsum(dim=1) == is_real.sum(dim=1, keepdim=True))
    recording = record(Run(loaded, tokens, is_real), is_asked)
    replay = Replay(recording, _is_narrow(recording))
    return all(
        is_close(replay.normed(layer, recording.attention_out[layer][None], slice(0, 2))[0], recording.normed)
        for layer in loaded.attention_layers
    )


def is_close(found: Tensor, expected: Tensor) -> bool:
    """Whether two results differ by rounding alone."""
    tolerance = 1e-4 if expected.dtype == torch.float32 else 0.03  # of half precision, whose steps are 2^-8
    return bool((found - expected).abs().max() <= tolerance * expected.abs().max())
