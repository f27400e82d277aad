"""How far back each layer's attention reaches, read from the configuration.

The streaming engine asks the model's own mask; this is for the reference engine, which sees patterns only.
"""

from collections.abc import Sequence
from typing import Any

from ingest.architectures.shape import layer_types
from ingest.errors import UnsupportedAttentionError

_WINDOWED = ("sliding_attention", "hybrid_sliding")


def attention_windows(config: Any, layers: Sequence[int], *, is_causal: bool) -> list[int | None]:
    """For each of these layers the distance from which on keys are hidden; None where none is.

    Raises:
        UnsupportedAttentionError: A layer hides keys by something else than distance.
    """
    text = config.get_text_config(decoder=True)
    types = layer_types(text, getattr(text, "num_hidden_layers", 0))
    if types is not None and any("chunked" in types[layer] for layer in layers):
        raise UnsupportedAttentionError(
            f"Layers of this {config.model_type} model attend within chunks, which only the streaming engine measures."
        )
    if config.model_type == "gpt_neo":
        return [text.window_size if text.attention_layers[layer] == "local" else None for layer in layers]
    window = _window(text, is_causal)
    return [window if types is None or types[layer] in _WINDOWED else None for layer in layers]


def _window(text: Any, is_causal: bool) -> int | None:
    size = getattr(text, "sliding_window", None)
    if not isinstance(size, int) or getattr(text, "use_sliding_window", True) is False:
        return None
    # A decoder hides the key at this distance, an encoder the first one beyond it.
    return size if is_causal else size + 1
