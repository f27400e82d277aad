"""What an engine hands back: the measurements of a batch and how they were computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ingest.engine.targets import n_counted
from ingest.engine.visible import LayerVisibility
from ingest.errors import LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement, Targets

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
    """Layers whose attention was seen in each forward pass: all that have heads, or the engine refuses."""


def collect_measurement(
    totals: Float[Tensor, "attending head batch"], target: Targets, loaded: LoadedModel, visibility: LayerVisibility
) -> Measurement:
    """Means from sums, and the mean that attention spread evenly over what each query sees would give.

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
    even = visibility.chance(lambda visible: visible.even_mass(target), loaded)
    return Measurement(loaded.spread(totals / counts), counts, even)
