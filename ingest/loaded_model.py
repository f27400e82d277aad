"""A language model in memory, with what the rest of ingest may ask of it. How it got there: `loading.py`."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ingest.prompts.corpus import Corpus


@dataclass(frozen=True)
class LoadedModel:
    """Weights, tokenizer and shape of one language model at one revision."""

    model: PreTrainedModel = field(repr=False)
    tokenizer: PreTrainedTokenizerBase | None = field(repr=False)
    """None where the directory ships none: prompts of random ids still work."""
    hub_id: str
    revision: str
    """Commit of the hub, or `sha256:…` of the weights."""
    weights_sha256: str
    architecture: str
    """`model_type` of the configuration: gpt2, llama, …"""
    n_layers: int
    attention_layers: tuple[int, ...]
    """Layers that have heads, ascending; hybrids mix them with layers that have none."""
    n_heads: int
    n_kv_heads: int
    d_model: int
    d_head: int
    d_vocab: int
    context_length: int
    """Most tokens of a prompt, BOS included; a closing token has a place of its own."""
    bos_id: int | None
    special_ids: frozenset[int]
    is_causal: bool
    """Whether a token attends to itself and earlier tokens only; False for encoders, which see the whole prompt."""
    closing_id: int | None
    """Token that an encoder's tokenizer puts at the end of every text, [SEP] for one; None for decoders."""
    device: torch.device
    """Where token ids go in; layers may lie on others."""
    dtype: torch.dtype
    corpus: Corpus | None = field(default=None, repr=False)
    """Text that prompts are cut from: what its folder holds, or what the user gave; None takes the built-in one."""

    def why_no_head(self, layer: int) -> str | None:
        """Why nothing can be measured in a layer; None where it has heads."""
        if layer in self.attention_layers:
            return None
        return f"Layer {layer} of this {self.architecture} model has no attention, so it has no heads."

    def spread(self, values: Float[Tensor, "attending *rest"]) -> Float[Tensor, "layer *rest"]:
        """Values of the layers that have heads, at their true places among all layers; NaN in the others."""
        if len(self.attention_layers) == self.n_layers:
            return values
        placed = values.new_full((self.n_layers, *values.shape[1:]), float("nan"))
        placed[list(self.attention_layers)] = values
        return placed
