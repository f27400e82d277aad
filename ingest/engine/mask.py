"""Which keys a query may see, as a rule that is evaluated where it is needed instead of an n × n matrix.

transformers asks a registered mask function for a mask once per forward pass and hands its answer to every attention
module untouched. Ours is a `KeyMask`, so no mask of the whole prompt ever exists.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingest.errors import UnsupportedAttentionError


@dataclass(frozen=True)
class KeyMask:
    """Causal visibility, possibly with a window, over real keys."""

    rule: Callable[..., Tensor] = field(repr=False)
    """transformers' index rule: (batch, head, query, key) → visible, for index tensors that broadcast."""
    is_real: Bool[Tensor, "batch pos"] | None
    """False on padding; None where there is none."""
    window: int | None
    """No visible key lies this far before its query or further; None where the rule reaches back to the start."""
    has_early_padding: bool
    """Whether padding comes before a real token, so that causality alone does not hide it."""
    n_cached: int = 0
    """Keys before the first query: what a cache holds of earlier passes."""

    def allows(
        self, batch: Int[Tensor, "*#index"], query: Int[Tensor, "*#index"], key: Int[Tensor, "*#index"]
    ) -> Bool[Tensor, "..."]:
        """Whether each query, counted from the first of this pass, sees each key; the three index tensors broadcast."""
        visible = self.rule(batch, torch.zeros_like(batch), query + self.n_cached, key)
        return visible if self.is_real is None else visible & self.is_real[batch, key]

    @property
    def hides_earlier_keys(self) -> bool:
        """Whether a query may fail to see a key before it in this pass; causal visibility of real tokens hides none."""
        return self.window is not None or self.is_real is not None or self.n_cached > 0

    def first_key(self, query: int) -> int:
        """Keys before this one are hidden from the query and from all later ones."""
        return 0 if self.window is None else max(0, query - self.window + 1)

    def key_bias(self, dtype: torch.dtype) -> Float[Tensor, "batch 1 1 pos"] | None:
        """Logits that hide early padding, for kernels that already know of causality.

        Finite on purpose: a padded query sees nothing but padding, and infinities would make its output NaN, which
        the next layer multiplies by zero and spreads.
        """
        if not self.has_early_padding or self.is_real is None:
            return None
        hidden = torch.finfo(dtype).min / 2
        bias = torch.zeros(self.is_real.shape, dtype=dtype, device=self.is_real.device)
        return bias.masked_fill_(~self.is_real, hidden)[:, None, None, :]


def make_key_mask(
    *,
    q_length: int,
    kv_length: int,
    mask_function: Callable[..., Tensor],
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
        UnsupportedAttentionError: Queries see later keys, keys were dropped from the cache, or the rule is more than
            one over positions.
    """
    n_cached = int(q_offset)
    if int(kv_offset) or n_cached + q_length != kv_length:
        raise UnsupportedAttentionError(
            f"The cache of this language model holds {kv_length - q_length} of {n_cached} earlier keys, and headcat "
            "needs all; choose another language model."
        )
    if use_vmap:
        raise UnsupportedAttentionError(
            "This language model alters its causal mask by a rule of its own, which headcat cannot follow exactly; "
            "choose another language model."
        )
    first, second = torch.zeros(1, dtype=torch.long, device=device), torch.ones(1, dtype=torch.long, device=device)
    if q_length > 1 and bool(mask_function(first, first, first, second).any()):
        raise UnsupportedAttentionError(
            "In this language model a token attends to later tokens; headcat measures causal attention only."
        )
    is_real = None if attention_mask is None else attention_mask.to(device=device, dtype=torch.bool)
    if is_real is not None and bool(is_real.all()):
        is_real = None
    return KeyMask(
        rule=mask_function,
        is_real=is_real,
        # A window of at least the prompt's length hides nothing.
        window=None if local_size is None or local_size >= kv_length else local_size,
        has_early_padding=is_real is not None and bool((~is_real[:, :-1] & is_real[:, 1:]).any()),
        n_cached=n_cached,
    )
