"""What an engine hands back: the measurements of a batch and how they were computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ingest.measure import Measurement

AttentionPath = Literal["streaming_fused", "streaming_blocked", "reference"]


@dataclass(frozen=True)
class EngineResult:
    """Measurements by the name of their targets."""

    measurements: Mapping[str, Measurement]
    attention_path: AttentionPath
    """streaming_fused where a fused kernel served every layer, streaming_blocked where a layer needed the exact blocked
    path (soft-capping, a window shorter than the prompts, an additive bias), reference where full patterns were
    read."""
    n_captures: int
    """Layers whose attention was seen in each forward pass; always the number of layers, or the engine refuses."""
