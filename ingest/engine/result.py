"""What an engine hands back: the measurements of a batch and how they were computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ingest.engine.targets import chance, n_counted
from ingest.errors import LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement, Targets
from ingest.prompts.batch import PromptBatch

AttentionPath = Literal["streaming_fused", "streaming_blocked", "reference"]


@dataclass(frozen=True)
class EngineResult:
    """Measurements by the name of their targets."""

    measurements: Mapping[str, Measurement]
    attention_path: AttentionPath
    """streaming_fused where a fused kernel served every layer; streaming_blocked where a layer needed the exact blocked
    path (soft-capping, a window shorter than the prompts, an additive bias) or moments were asked for; reference where
    full patterns were read.
    """
    n_captures: int
    """Layers whose attention was seen in each forward pass: always the number of layers, or the engine refuses."""


def collect_measurement(
    totals: Float[Tensor, "layer head batch"], target: Targets, batch: PromptBatch, loaded: LoadedModel
) -> Measurement:
    """Means from sums.

    Raises:
        LanguageModelError: A sum is not a number, so the language model itself broke down on the prompts.
    """
    counts = n_counted(target)
    if not bool(totals[..., counts > 0].isfinite().all()):
        raise LanguageModelError(
            f"The attention of {loaded.hub_id} is not finite on these prompts in {str(loaded.dtype).split('.')[-1]}; "
            "try float32, and check the weights."
        )
    # 0 / 0 is NaN where no query counts: not measured, which is not the same as no mass.
    return Measurement(totals / counts, counts, chance(target, batch.is_real))
