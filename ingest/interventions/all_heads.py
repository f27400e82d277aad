"""Ablate every head of a language model, for any measure on any prompts; `task_run.py` does it for tasks."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from catalog.vocabulary import AblationKind
from ingest.interventions.ablation import MeanOver, ablated_z
from ingest.interventions.each_head import each_head, each_head_at_asked
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Run, record
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch


@dataclass(frozen=True)
class Ablations:
    """What ablation of each head did to a measure."""

    intact: Float[Tensor, "*measured"]
    effect: Float[Tensor, "layer head *measured"]
    """Intact minus ablated: positive where the head helps. NaN in layers that have no heads."""
    is_replayed: bool
    """Whether passes started at the ablated head's layer; else every head took a full one. The numbers are the same."""


def ablate_all_heads(
    loaded: LoadedModel,
    batch: PromptBatch,
    measure: LogitMeasure,
    kind: AblationKind,
    *,
    mean_over: MeanOver = MeanOver.POSITION,
    only_asked: bool = False,
    seed: int = 0,
    batch_size: int = 32,
) -> Ablations:
    """Ablate one head at a time, exactly.

    Args:
        loaded: A decoder.
        batch: Prompts, padded on either side; a mean over one position needs prompts that are alike there.
        measure: What is read off the logits, one number for each prompt, or several.
        kind: Zero, mean over the prompts, or resample: what the head gave on another prompt.
        mean_over: Of a mean ablation.
        only_asked: Ablate at the queries alone whose logits are asked for, and not at all positions.
        seed: Of a resample ablation.
        batch_size: Prompts in one pass of the intact run.

    Raises:
        IngestError: Not even one prompt fits into memory.
        InterventionLostError: Perturbing the head that writes most leaves the logits as they are.
        PromptError: Prompts that this language model cannot read, or a single one to take a mean of or draw from.
        UnsupportedArchitectureError: W_O or the final norm of this family is nowhere written down.
        UnsupportedAttentionError: A layer with heads was not reached.
    """
    measure.check(batch)
    recording = record(Run(loaded, batch.tokens, batch.is_real, batch_size=batch_size), measure.is_asked)
    changed = {
        layer: ablated_z(z, batch.is_real, kind, mean_over=mean_over, seed=seed) for layer, z in recording.z.items()
    }
    found = (each_head_at_asked if only_asked else each_head)(recording, measure, changed)
    intact = measure.value(logits_of(loaded, recording.normed, measure.token_ids)).cpu()
    return Ablations(intact, loaded.spread(intact - found.values), found.is_replayed)
