"""Path patching head → query, key or value of later heads: what reaches the logits through what these heads are told.

Wang et al. 2022, arXiv:2211.00593, call the first head the sender and the later ones receivers. On the way from sender
to receivers all other heads are frozen at their values in the run. What of the MLPs on that way is said in each call:
frozen as well, so that the change travels along the residual stream alone; or recomputed, as Wang et al. have it, whose
direct paths may lead through MLPs. In the pass that is measured the receivers take what they were told, and everything
behind them is recomputed.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.engine.capture import Handler, attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.engine.slices import slices
from ingest.errors import UnsupportedAttentionError
from ingest.interventions.direct_effect import measured_each
from ingest.interventions.edits import each_replaced, replacing, require_seen
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording
from ingest.interventions.replay import Reached, entered
from ingest.interventions.writes import change_by_heads

Into = Literal["query", "key", "value"]
Mlps = Literal["frozen", "recomputed"]
Z = Mapping[int, Float[Tensor, "batch pos head d_head"]]
# Tokens in a pass; as in `each_head.py`.
_TOKENS_AT_A_TIME = {"cpu": 512, "cuda": 32768}


@dataclass(frozen=True)
class Receivers:
    """Heads that are told something, and what of theirs takes it."""

    heads: Sequence[HeadRef]
    into: Into
    mlps: Mlps = "frozen"


def path_values(
    recording: Recording, changed: Z, receivers: Receivers, measure: LogitMeasure
) -> Float[Tensor, "layer head *measured"]:
    """The measure when the receivers hear of one changed head, for every head.

    Keys and values belong to the key-value group of a receiver, and with it to the other query heads of the group. A
    head that comes after every receiver leaves the run as it is.

    Args:
        recording: The run that is changed.
        changed: z of the heads of each layer with heads after the change.
        receivers: Later heads, and what of theirs is patched.
        measure: What is read off the logits.

    Raises:
        UnsupportedAttentionError: The family does not show queries, keys and values.
        UnsupportedArchitectureError: W_O of this family is nowhere written down.
    """
    loaded = recording.run.loaded
    groups = [(HeadRef(layer, head),) for layer in loaded.attention_layers for head in range(loaded.n_heads)]
    found = path_values_of(recording, changed, groups, receivers, measure)
    return found.reshape(len(loaded.attention_layers), loaded.n_heads, *found.shape[1:])


def path_values_of(
    recording: Recording,
    changed: Z,
    senders: Sequence[Collection[HeadRef]],
    receivers: Receivers,
    measure: LogitMeasure,
) -> Float[Tensor, "sender *measured"]:
    """The same for some senders, each of them one or several heads that are changed together."""
    loaded = recording.run.loaded
    require_seen(loaded, "Path patching into queries, keys and values")
    intact = measure.value(logits_of(loaded, recording.normed, measure.token_ids)).cpu()
    found = [intact] * len(senders)
    last = max(each.layer for each in receivers.heads)
    reaching = [i for i, heads in enumerate(senders) if min(each.layer for each in heads) < last]
    n_rows = max(1, _TOKENS_AT_A_TIME.get(loaded.device.type, 32768) // recording.is_asked.shape[1])
    n_prompts = min(n_rows, len(recording.is_asked))
    with torch.no_grad():
        for some in slices(len(reaching), max(1, n_rows // n_prompts)):
            own = [senders[i] for i in reaching[some]]
            parts = []
            for rows in slices(len(recording.is_asked), n_prompts):
                part = _Paths(recording.part(rows), {layer: z[rows] for layer, z in changed.items()}, own, receivers)
                parts.append(part.normed())
            values = measured_each(loaded, torch.cat(parts, dim=1), measure)
            for i, value in zip(reaching[some], values, strict=True):
                found[i] = value
    return torch.stack(found)


@dataclass(frozen=True)
class _Paths:
    """Some senders, one variant of the prompts for each, and their common receivers."""

    recording: Recording
    changed: Z
    senders: Sequence[Collection[HeadRef]]
    receivers: Receivers

    def normed(self) -> Float[Tensor, "sender query d_model"]:
        """What the final norm gives at the asked queries when the receivers have been told."""
        recording, into = self.recording, self.receivers.into
        loaded = recording.run.loaded
        by_layer = self._taken()
        told = self._told_frozen() if self.receivers.mlps == "frozen" else self._told_through_mlps()
        edit = replacing(each_replaced(recording.run.replaced, self._repeated))

        def handle(call: AttentionCall) -> Tensor:
            if call.layer in told:
                whole = getattr(call, into).clone()
                whole[:, by_layer[call.layer]] = told[call.layer][:, by_layer[call.layer]]
                call = replace(call, **{into: whole})
            return edit(call.layer, attend(call).z)

        first = min(by_layer)
        with entered(loaded, first, self._repeated(recording.resid_pre[first])):
            last = self._forward(handle, [each for each in loaded.attention_layers if each >= first])
        asked = self._repeated(recording.is_asked)
        return torch.unflatten(last[asked.to(last.device)], 0, (len(self.senders), -1))

    def _taken(self) -> dict[int, list[int]]:
        """Heads, or key-value groups, that are patched in each layer."""
        loaded = self.recording.run.loaded
        found: dict[int, set[int]] = {}
        for each in self.receivers.heads:
            is_query = self.receivers.into == "query"
            index = each.head if is_query else each.kv_group(loaded.n_heads, loaded.n_kv_heads)
            found.setdefault(each.layer, set()).add(index)
        return {layer: sorted(heads) for layer, heads in found.items()}

    def _told_frozen(self) -> dict[int, Tensor]:
        """What each layer of receivers makes of the run's stream with the senders' changed writes in it."""
        found: dict[int, Tensor] = {}

        def stop(call: AttentionCall) -> Tensor:
            found[call.layer] = getattr(call, self.receivers.into)
            raise Reached

        loaded = self.recording.run.loaded
        for layer in self._taken():
            added = [change_by_heads(self.recording, self.changed, heads, layer) for heads in self.senders]
            resid_pre = self._repeated(self.recording.resid_pre[layer]) + torch.cat(added)
            with suppress(Reached), entered(loaded, layer, resid_pre):
                self._forward(stop, [])
        return found

    def _told_through_mlps(self) -> dict[int, Tensor]:
        """The same with the MLPs on the way recomputed: a pass in which no head answers but as it did."""
        found: dict[int, Tensor] = {}
        layers = self._taken()

        def freeze(call: AttentionCall) -> Tensor:
            if call.layer in layers:
                found[call.layer] = getattr(call, self.receivers.into)
                if call.layer == max(layers):
                    raise Reached
            return self._frozen(call.layer)

        first = min(each.layer for heads in self.senders for each in heads)
        with (
            suppress(Reached),
            entered(self.recording.run.loaded, first, self._repeated(self.recording.resid_pre[first])),
        ):
            self._forward(freeze, [])
        return found

    def _frozen(self, layer: int) -> Float[Tensor, "row pos head d_head"]:
        """z of a layer as it was, apart from the senders of each variant."""
        z = self.recording.z[layer].repeat(len(self.senders), 1, 1, 1)
        by_variant = torch.unflatten(z, 0, (len(self.senders), -1))
        for variant, heads in enumerate(self.senders):
            for each in heads:
                if each.layer == layer:
                    by_variant[variant, :, :, each.head] = self.changed[layer][:, :, each.head]
        return z

    def _forward(self, handle: Handler, expected: list[int]) -> Tensor:
        run = self.recording.run
        tokens, is_real = (self._repeated(each) for each in (run.tokens, run.is_real))
        with attention_through(run.loaded, handle) as layers:
            last: Tensor = forward(run.loaded, tokens, is_real).last_hidden_state
        if layers != expected:
            raise UnsupportedAttentionError(
                f"This {run.loaded.architecture} model attended in the layers {layers} instead of {expected}; what its "
                "heads are told would not reach the logits."
            )
        return last

    def _repeated(self, values: Tensor) -> Tensor:
        """Values of the prompts, once for each variant."""
        return values.repeat(len(self.senders), *[1] * (values.ndim - 1))
