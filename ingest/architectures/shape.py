"""Sizes of a language model, read from its configuration under whatever names its family uses."""

from dataclasses import dataclass
from typing import Any

from ingest.errors import UnsupportedArchitectureError

# A configuration that states no bound has none in its position scheme either (ALiBi, for one); the engine then takes
# any length that fits in memory.
UNBOUNDED_CONTEXT = 2**31 - 1


# Types of layer, as transformers 5.23 names them in `layer_types`, that no head attends in.
_WITHOUT_ATTENTION = {"linear_attention", "conv", "moe", "mlp"}


@dataclass(frozen=True)
class Shape:
    """How many layers and heads, and how wide."""

    n_layers: int
    attention_layers: tuple[int, ...]
    """Layers that have heads: all of them, apart from hybrids."""
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
    d_model = _size(text, family, "hidden_size", "d_model", "dim", "n_embd")
    n_layers = _size(text, family, "num_hidden_layers", "n_layers", "n_layer")
    return Shape(
        n_layers=n_layers,
        attention_layers=_attention_layers(text, family, n_layers),
        n_heads=n_heads,
        n_kv_heads=_n_kv_heads(text, n_heads),
        d_model=d_model,
        # Latent attention states the width of its values apart from that of its queries.
        d_head=_first(text, "v_head_dim", "head_dim") or d_model // n_heads,
        d_vocab=_size(text, family, "vocab_size"),
        context_length=_first(text, "max_position_embeddings", "n_positions", "max_seq_len") or UNBOUNDED_CONTEXT,
    )


def layer_types(text: Any, n_layers: int) -> list[str] | None:
    """What each layer is, where the configuration says so layer by layer."""
    stated = getattr(text, "layer_types", None)
    return list(stated) if isinstance(stated, list | tuple) and len(stated) == n_layers else None


def _attention_layers(text: Any, family: str, n_layers: int) -> tuple[int, ...]:
    types = layer_types(text, n_layers)
    if types is None:
        return tuple(range(n_layers))
    found = tuple(layer for layer, each in enumerate(types) if each not in _WITHOUT_ATTENTION)
    if not found:
        raise UnsupportedArchitectureError(
            f"None of the {n_layers} layers of this {family} model has attention; choose a model with attention heads."
        )
    return found


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
