"""Which keys a query may see, as a rule that is evaluated where it is needed instead of an n × n matrix.

transformers asks a registered mask function for a mask once per forward pass and hands its answer to every attention
module untouched. Ours is a `KeyMask`, so no mask of the whole prompt ever exists.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.errors import UnsupportedAttentionError

Rule = Callable[..., Tensor]


@dataclass(frozen=True)
class KeyMask:
    """Visibility of real keys: up to each query or, in encoders, on both sides of it; possibly within a window."""

    rule: Rule = field(repr=False)
    """transformers' index rule: (batch, head, query, key) → visible, for index tensors that broadcast."""
    is_real: Bool[Tensor, "batch pos"] | None
    """False on padding; None where there is none."""
    window: int | None
    """No visible key lies this far from its query or further; None where the rule reaches every real key."""
    has_early_padding: bool
    """Whether padding comes before a real token, so that causality alone does not hide it."""
    n_cached: int = 0
    """Keys before the first query: what a cache holds of earlier passes."""
    is_causal: bool = True
    """Whether a query sees no later key."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    _elsewhere: dict[torch.device, "KeyMask"] = field(default_factory=dict, repr=False, compare=False)

    def allows(
        self, batch: Int[Tensor, "*#index"], query: Int[Tensor, "*#index"], key: Int[Tensor, "*#index"]
    ) -> Bool[Tensor, "..."]:
        """Whether each query, counted from the first of this pass, sees each key; the three index tensors broadcast."""
        visible = self.rule(batch, torch.zeros_like(batch), query + self.n_cached, key)
        return visible if self.is_real is None else visible & self.is_real[batch, key]

    def on(self, device: torch.device) -> "KeyMask":
        """The same mask for a layer on this device: a language model spread over several gets one mask for all."""
        if device == self.device:
            return self
        if device not in self._elsewhere:
            is_real = None if self.is_real is None else self.is_real.to(device)
            self._elsewhere[device] = replace(
                self, rule=_evaluated_on(self.device, self.rule), is_real=is_real, device=device, _elsewhere={}
            )
        return self._elsewhere[device]

    @property
    def hides_earlier_keys(self) -> bool:
        """Whether a query may fail to see a key before it in this pass; causal visibility of real tokens hides none."""
        return self.window is not None or self.is_real is not None or self.n_cached > 0

    def columns(self, rows: slice, n_keys: int) -> slice:
        """Keys outside of these are hidden from all queries of the rows."""
        start = 0 if self.window is None else max(0, rows.start - self.window + 1)
        if self.is_causal:
            return slice(start, rows.stop)
        return slice(start, n_keys if self.window is None else min(n_keys, rows.stop + self.window - 1))

    @property
    def needs_bias(self) -> bool:
        """Whether a kernel that knows of causality, and of nothing else, must be told which keys are padding."""
        return self.is_real is not None and (self.has_early_padding or not self.is_causal)

    def key_bias(self, dtype: torch.dtype) -> Float[Tensor, "batch 1 1 pos"] | None:
        """Logits that hide padding, for such kernels.

        Finite on purpose: a padded query may see nothing but padding, and infinities would make its output NaN, which
        the next layer multiplies by zero and spreads.
        """
        if not self.needs_bias or self.is_real is None:
            return None
        hidden = torch.finfo(dtype).min / 2
        bias = torch.zeros(self.is_real.shape, dtype=dtype, device=self.is_real.device)
        return bias.masked_fill_(~self.is_real, hidden)[:, None, None, :]


def make_key_mask(
    *,
    q_length: int,
    kv_length: int,
    mask_function: Rule,
    q_offset: Any = 0,
    kv_offset: Any = 0,
    attention_mask: Tensor | None = None,
    local_size: int | None = None,
    use_vmap: bool = False,
    device: Any = "cpu",
    **_: Any,
) -> KeyMask:
    """Answer transformers' question for a mask; the arguments are those of its mask interface.

    Raises:
        UnsupportedAttentionError: Keys were dropped from the cache, or the rule is more than one over positions.
    """
    n_cached = int(q_offset)
    if int(kv_offset) or n_cached + q_length != kv_length:
        raise UnsupportedAttentionError(
            f"The cache of this language model holds {kv_length - q_length} of {n_cached} earlier keys, and headcat "
            "needs all; choose another language model."
        )
    if use_vmap:
        raise UnsupportedAttentionError(
            "This language model alters its attention mask by a rule of its own, which headcat cannot follow exactly; "
            "choose another language model."
        )
    first, second = torch.zeros(1, dtype=torch.long, device=device), torch.ones(1, dtype=torch.long, device=device)
    is_causal = q_length == 1 or not bool(mask_function(first, first, first, second).any())
    is_real = None if attention_mask is None else attention_mask.to(device=device, dtype=torch.bool)
    if is_real is not None and bool(is_real.all()):
        is_real = None
    # transformers counts a window back to its first hidden key where it is causal, else to its last visible one.
    window = local_size if local_size is None or is_causal else local_size + 1
    return KeyMask(
        rule=mask_function,
        is_real=is_real,
        # A window of at least the prompt's length hides nothing.
        window=None if window is None or window >= kv_length else window,
        has_early_padding=is_real is not None and bool((~is_real[:, :-1] & is_real[:, 1:]).any()),
        n_cached=n_cached,
        is_causal=is_causal,
        device=first.device,
    )


def _evaluated_on(home: torch.device, rule: Rule) -> Rule:
    """A rule may hold tensors of its own, such as the width of the padding, so it is evaluated where they are."""
    return lambda *index: rule(*(each.to(home) for each in index)).to(index[0].device)
