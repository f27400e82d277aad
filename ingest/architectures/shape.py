"""Sizes of a language model, read from its configuration under whatever names its family uses."""

from dataclasses import dataclass
from typing import Any

from ingest.errors import UnsupportedArchitectureError

# A configuration that states no bound has none in its position scheme either (ALiBi, for one); the engine then takes
# any length that fits in memory.
UNBOUNDED_CONTEXT = 2**31 - 1


@dataclass(frozen=True)
class Shape:
    """How many layers and heads, and how wide."""

    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_model: int
    d_head: int
    """Width of z, what a head hands to the output projection."""
    d_vocab: int
    context_length: int


def read_shape(config: Any) -> Shape:
    """Sizes of the language part of a configuration.

    Raises:
        UnsupportedArchitectureError: The family has no attention heads, or differing numbers of them in its layers.
    """
    text = config.get_text_config(decoder=True)
    family = config.model_type
    n_heads = _size(text, family, "num_attention_heads", "n_heads", "n_head")
    d_model = _size(text, family, "hidden_size", "d_model", "n_embd")
    return Shape(
        n_layers=_size(text, family, "num_hidden_layers", "n_layers", "n_layer"),
        n_heads=n_heads,
        n_kv_heads=_n_kv_heads(text, n_heads),
        d_model=d_model,
        # Latent attention states the width of its values apart from that of its queries.
        d_head=_first(text, "v_head_dim", "head_dim") or d_model // n_heads,
        d_vocab=_size(text, family, "vocab_size"),
        context_length=_first(text, "max_position_embeddings", "n_positions", "max_seq_len") or UNBOUNDED_CONTEXT,
    )


def _n_kv_heads(text: Any, n_heads: int) -> int:
    # Falcon repeats the number of query heads in num_kv_heads where all of them share one key.
    if getattr(text, "multi_query", False) and not getattr(text, "new_decoder_architecture", False):
        return 1
    return _first(text, "num_key_value_heads", "num_kv_heads") or n_heads


def _first(text: Any, *names: str) -> int | None:
    values = (getattr(text, name, None) for name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def _size(text: Any, family: str, *names: str) -> int:
    found = _first(text, *names)
    if found is None:
        raise UnsupportedArchitectureError(
            f"The configuration of this {family} model states no single {names[0]}, so it has no attention heads that "
            "headcat can count; choose a decoder with attention of one shape in all layers."
        )
    return found
