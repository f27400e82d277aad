"""Encoders: language models in which every token sees the whole prompt, and how their prompts are framed."""

from typing import Any

from transformers import PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)


def is_encoder(config: Any) -> bool:
    """Whether a configuration is of a masked language model; BERT and its kin can be told to be decoders."""
    model_type = config.model_type
    if model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return False
    return model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or getattr(config, "is_decoder", None) is False


def framing(tokenizer: PreTrainedTokenizerBase | None) -> tuple[int | None, int | None]:
    """Token before and token after every text, [CLS] and [SEP] for one, as the tokenizer puts them."""
    ids = [] if tokenizer is None else list(tokenizer.encode("", verbose=False))
    if len(ids) == 2:
        return ids[0], ids[1]
    is_opening = len(ids) == 1 and tokenizer is not None and ids[0] in (tokenizer.cls_token_id, tokenizer.bos_token_id)
    return (ids[0], None) if is_opening else (None, ids[0] if ids else None)


def n_reserved_positions(network: Any) -> int:
    """Positions that no token gets: RoBERTa counts from the one after padding's."""
    table = getattr(getattr(network, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else padding + 1
