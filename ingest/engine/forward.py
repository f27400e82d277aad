"""One forward pass over a padded batch, without the language-modelling head."""

import inspect
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.architectures.encoders import n_reserved_positions
from ingest.errors import PromptError
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch


def forward(
    loaded: LoadedModel,
    tokens: Int[Tensor, "batch pos"],
    is_real: Bool[Tensor, "batch pos"],
    *,
    with_logits: bool = False,
    **arguments: Any,
) -> Any:
    """The model's own output, with the positions of the real tokens counted from zero in every prompt."""
    network: Any = loaded.model if with_logits else loaded.model.base_model
    # What stands on padding is nobody's business, and may be no id at all.
    filler = getattr(loaded.model.config, "pad_token_id", None)
    # RoBERTa finds padding by its id, and counts positions by it.
    ids = tokens.masked_fill(~is_real, 0 if loaded.is_causal or filler is None else filler).to(loaded.device)
    inputs: dict[str, Any] = {"input_ids": ids, "use_cache": False, **arguments}
    accepted = inspect.signature(network.forward).parameters
    if not bool(is_real.all()):
        inputs["attention_mask"] = is_real.to(device=loaded.device, dtype=torch.long)
        if "position_ids" in accepted and not n_reserved_positions(loaded.model.base_model):
            inputs["position_ids"] = (is_real.long().cumsum(dim=-1) - 1).clamp(min=0).to(loaded.device)
    if "use_cache" not in accepted and "kwargs" not in accepted:
        del inputs["use_cache"]
    return network(**inputs)


def check_prompts(loaded: LoadedModel, batch: PromptBatch) -> None:
    """Refuse prompts that this language model cannot read.

    Raises:
        PromptError: A prompt is empty, too long, or holds an id outside the vocabulary.
    """
    if batch.tokens.numel() == 0 or not bool(batch.is_real.any(dim=-1).all()):
        raise PromptError("A prompt is empty; every prompt needs at least one token.")
    longest = int(batch.is_real.sum(dim=-1).max())
    if longest > loaded.context_length + (loaded.closing_id is not None):
        raise PromptError(
            f"A prompt has {longest} tokens, but {loaded.hub_id} reads at most {loaded.context_length}; shorten it."
        )
    used = batch.tokens[batch.is_real]
    if int(used.min()) < 0 or int(used.max()) >= loaded.d_vocab:
        raise PromptError(
            f"A prompt holds a token id outside the vocabulary of {loaded.hub_id}, whose ids end at "
            f"{loaded.d_vocab - 1}; use its own tokenizer."
        )


def accepts(network: Any, argument: str) -> bool:
    """Whether a model's forward pass takes an argument of this name."""
    return argument in inspect.signature(network.forward).parameters
