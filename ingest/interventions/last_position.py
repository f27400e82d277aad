"""Change heads at the asked query alone, one of each prompt: earlier positions keep their keys and values.

All heads go through the model in one pass of one token for each prompt and head. A layer reads the rows of heads in
the layers before it, and rows of its own heads join them there. Keys and values of the intact run are read where they
lie, and every row brings its own for the asked position.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingest.engine.capture import attention_through
from ingest.engine.forward import accepts, forward
from ingest.engine.kernels import AttentionCall
from ingest.interventions.chosen_queries import pick, places
from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.recording import Recording
from ingest.interventions.stubs import Forward, stubbed

# Far below any logit, yet finite.
_HIDDEN = -1e30


def is_possible(recording: Recording) -> bool:
    """Whether every prompt asks one query, and every layer's attention can be seen there."""
    loaded = recording.run.loaded
    return (
        bool((recording.is_asked.sum(dim=1) == 1).all())
        and len(loaded.attention_layers) == loaded.n_layers
        and accepts(loaded.model.base_model, "position_ids")
        and not recording.run.replaced
    )


def normed_at_asked(
    recording: Recording,
    calls: Mapping[int, AttentionCall],
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]],
) -> Float[Tensor, "variant batch d_model"]:
    """What the final norm gives at the asked queries: of the run as it was, then with each head changed there.

    Args:
        recording: A run for which this is possible.
        calls: Attention of each layer in that run, all prompts at once.
        changed: One head at a time takes its z at the asked query from here.
    """
    run, loaded = recording.run, recording.run.loaded
    at = places(recording.is_asked)
    grown = _Growing(recording, calls, changed, at.to(loaded.device))
    n_rows = grown.n_rows_behind(loaded.n_layers - 1)
    tokens = run.tokens.gather(1, at).repeat(n_rows // len(at), 1)
    position = (run.is_real.long().cumsum(dim=1) - 1).gather(1, at).repeat(n_rows // len(at), 1)
    with torch.no_grad(), stubbed(grown.stubs()), attention_through(loaded, grown.attend):
        last = forward(
            loaded, tokens, torch.ones_like(tokens, dtype=torch.bool), position_ids=position.to(loaded.device)
        ).last_hidden_state
    return torch.unflatten(last[:, 0], 0, (-1, len(at)))


@dataclass
class _Growing:
    """A pass whose rows become more from layer to layer: variant after variant, prompt by prompt."""

    recording: Recording
    calls: Mapping[int, AttentionCall]
    changed: Mapping[int, Float[Tensor, "batch pos head d_head"]]
    at: Int[Tensor, "batch 1"]
    _layer: int = field(default=0, init=False)

    def n_rows_behind(self, layer: int) -> int:
        """Rows that come out of a layer: the intact run, and one variant for each head so far."""
        return len(self.at) * (1 + (layer + 1) * self.recording.run.loaded.n_heads)

    def stubs(self) -> dict[Any, Forward]:
        """Every layer, with the rows of its own heads added."""
        layers = layer_stack(self.recording.run.loaded).layers
        return {module: self._joined(layer, module.forward) for layer, module in enumerate(layers)}

    def _joined(self, layer: int, own: Forward) -> Forward:
        def forward(*arguments: Any, **named: Any) -> Any:
            self._layer = layer
            resid = arguments[0] if arguments else named["hidden_states"]
            n_heads = self.recording.run.loaded.n_heads
            before = pick(self.recording.resid_pre[layer], self.at)
            earlier = before if layer == 0 else resid
            joined = torch.cat([earlier, before.repeat(n_heads, 1, 1)])
            n_most = self.n_rows_behind(len(self.calls) - 1)
            rest = tuple(_first_rows(value, n_most, len(joined)) for value in arguments[1:])
            others = {name: _first_rows(value, n_most, len(joined)) for name, value in named.items()}
            if arguments:
                return own(joined, *rest, **others)
            return own(**(others | {"hidden_states": joined}))

        return forward

    def attend(self, call: AttentionCall) -> Tensor:
        """z of every row, of which the layer's own take that of one changed head each."""
        z = _attend_beside(call, self.calls[self._layer], self.at)
        n_heads = self.recording.run.loaded.n_heads
        own = torch.unflatten(z[-n_heads * len(self.at) :], 0, (n_heads, -1))  # [head, batch, 1, head, d]
        heads = torch.arange(n_heads, device=z.device)
        own[heads, :, 0, heads] = pick(self.changed[self._layer], self.at)[:, 0].transpose(0, 1).to(z)
        return z


def _first_rows(value: Any, n_most: int, n_rows: int) -> Any:
    """What the model hands to a layer for the rows of the last one, for as many as there are."""
    if isinstance(value, tuple | list):
        return type(value)(_first_rows(each, n_most, n_rows) for each in value)
    return value[:n_rows] if isinstance(value, Tensor) and value.ndim and len(value) == n_most else value


def _attend_beside(
    call: AttentionCall, intact: AttentionCall, at: Int[Tensor, "batch 1"]
) -> Float[Tensor, "row 1 head d_value"]:
    """Attention of rows of one query to the intact keys before it, and to the key that each row brings itself."""
    n_prompts, n_groups, n_keys, _ = intact.key.shape
    query, key, value = (_by_prompt(each, n_prompts, n_groups) for each in (call.query, call.key, call.value))
    old = query.flatten(2, 3) @ intact.key.float().transpose(-1, -2)
    new = (query * key).sum(dim=-1, keepdim=True)
    logits = intact.finish_logits(torch.cat([torch.unflatten(old, 2, query.shape[2:4]), new], dim=-1))
    if intact.bias is not None:
        logits = logits + _bias_at(intact.bias, at, n_prompts, n_groups)
    keys = torch.arange(n_keys, device=at.device)[None, :]
    is_old = keys != at
    if intact.mask is not None:
        is_old = is_old & intact.mask.allows(torch.arange(n_prompts, device=at.device)[:, None], at, keys)
    logits[..., :-1].masked_fill_(~is_old[:, None, None, None], _HIDDEN)
    if intact.sinks is not None:
        sinks = torch.unflatten(intact.sinks.float(), 0, (n_groups, -1))[None, :, None, :, None]
        logits = torch.cat([sinks.expand(*logits.shape[:-1], 1), logits], dim=-1)
    pattern = logits.softmax(dim=-1)[..., -n_keys - 1 :]
    read = torch.unflatten(pattern[..., :-1].flatten(2, 3) @ intact.value.float(), 2, query.shape[2:4])
    z = read + pattern[..., -1:] * value
    return z.permute(2, 0, 1, 3, 4).flatten(2, 3).flatten(0, 1)[:, None].to(call.query.dtype)


def _by_prompt(
    rows: Float[Tensor, "row head 1 d"], n_prompts: int, n_groups: int
) -> Float[Tensor, "batch kv_head variant shared d"]:
    by_group = torch.unflatten(rows.squeeze(2).float(), 1, (n_groups, -1))
    apart = torch.unflatten(by_group, 0, (-1, n_prompts))
    return apart.permute(1, 2, 0, 3, 4)


def _bias_at(
    bias: Float[Tensor, "#batch #head pos key"], at: Int[Tensor, "batch 1"], n_prompts: int, n_groups: int
) -> Float[Tensor, "batch #kv_head 1 #shared key_and_own"]:
    of_query = pick(bias.expand(n_prompts, -1, -1, -1).transpose(1, 2), at)[:, 0]  # [batch, head, key]
    own = of_query.gather(2, at[:, :, None].expand(-1, of_query.shape[1], -1))
    both = torch.cat([of_query, own], dim=-1)
    by_group = both[:, :, None] if both.shape[1] == 1 else torch.unflatten(both, 1, (n_groups, -1))
    return by_group[:, :, None]
