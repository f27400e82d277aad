"""The six numbers that HeadVis shows of every head, measured without any attention pattern.

Definitions as in Neuronpedia's pipeline (github.com/hijohnnylin/neuronpedia, commit ebb8426,
utils/neuronpedia-utils/neuronpedia_utils/headvis/compute-head-metrics.py). All of them pool the tokens of all prompts,
count the first token like any other, and know nothing of BOS:

- self attention, entropy, distance: sums over all tokens, divided by their number;
- variance of distance: mean squared distance minus the square of the mean distance, over all attention at once and not
  query by query;
- previous token: sum over all tokens but the first of each prompt, divided by their number;
- induction: for each token that has occurred before in its prompt, attention to what followed *each* earlier
  occurrence, weights below 0.01 dropped, summed; divided by the number of such tokens.

Entropy is in nats, distances are in tokens.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ingest.errors import PromptError
from ingest.loaded_model import LoadedModel
from ingest.measure import (
    NO_KEY,
    AnyTargets,
    Measurement,
    MomentTargets,
    RelationalTargets,
    previous_positions,
)
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies
from ingest.scan_result import Array

INDUCTION_FLOOR = 0.01
"""Attention below this adds nothing to the induction score."""


@dataclass(frozen=True)
class HeadVisMetric:
    """A number of HeadVis, and the catalog's metric that defines it."""

    name: str
    """Key in `scatter_data.json`."""
    metric: str
    """Slug of the catalog's record."""
    description: str


METRICS = (
    HeadVisMetric("self_attention_score", "headvis_self_attention", "Mean attention of each token to itself."),
    HeadVisMetric("prev_token_score", "headvis_previous_token", "Mean attention to the token right before."),
    HeadVisMetric("pattern_entropy", "headvis_pattern_entropy", "Mean entropy of each token's attention, in nats."),
    HeadVisMetric(
        "qk_distance", "headvis_qk_distance", "Mean distance attended over, in tokens, weighted by attention."
    ),
    HeadVisMetric("qk_distance_variance", "headvis_qk_distance_variance", "Variance of that distance."),
    HeadVisMetric(
        "induction_score",
        "headvis_induction",
        "Attention of a repeated token to what followed all its earlier occurrences, weights below 0.01 dropped.",
    ),
)

Measure = Callable[[LoadedModel, PromptBatch, dict[str, AnyTargets]], dict[str, Measurement]]


def headvis_targets(batch: PromptBatch) -> dict[str, AnyTargets]:
    """What the engine has to measure for the six numbers, all in one pass."""
    n_prompts, n_pos = batch.tokens.shape
    before = previous_positions(n_pos, offset=1).expand(n_prompts, n_pos)
    own = previous_positions(n_pos, offset=0).expand(n_prompts, n_pos)
    copies = all_earlier_copies(batch)
    return {
        "self_attention_score": RelationalTargets(_on_real(own, batch)),
        "prev_token_score": RelationalTargets(_on_real(before, batch)),
        "pattern_entropy": MomentTargets("entropy", batch.is_real),
        "qk_distance": MomentTargets("distance", batch.is_real),
        "squared_distance": MomentTargets("squared_distance", batch.is_real),
        "induction_score": RelationalTargets(torch.where(copies == NO_KEY, NO_KEY, copies + 1), floor=INDUCTION_FLOOR),
    }


def _on_real(keys: torch.Tensor, batch: PromptBatch) -> torch.Tensor:
    is_key = batch.is_real & (keys != NO_KEY) & batch.is_real.gather(1, keys.clamp(min=0))
    return torch.where(is_key, keys, NO_KEY).unsqueeze(-1)


def headvis_scores(measured: dict[str, Measurement]) -> dict[str, Array]:
    """The six numbers of every head, [layer, head]; NaN where no token counts.

    Args:
        measured: What the engine measured on the targets of `headvis_targets`.
    """
    pooled = {name: _pooled(each) for name, each in measured.items()}
    pooled["qk_distance_variance"] = pooled.pop("squared_distance") - pooled["qk_distance"] ** 2
    return {each.name: pooled[each.name] for each in METRICS}


def _pooled(measured: Measurement) -> Array:
    """Mean over the counted queries of all prompts."""
    counts = measured.n_counted.double()
    if not bool((counts > 0).any()):
        return np.full(measured.mass.shape[:2], np.nan)
    sums = measured.mass.double().nan_to_num() * counts  # a prompt without counted queries has a mean of NaN
    pooled: Array = (sums.sum(dim=-1) / counts.sum()).numpy()
    return pooled


def check_batch(batch: PromptBatch) -> None:
    """HeadVis leaves out prompts of a single token; ours are made longer.

    Raises:
        PromptError: A prompt has fewer than two tokens.
    """
    if bool((batch.is_real.sum(dim=1) < 2).any()):
        raise PromptError("HeadVis's metrics need prompts of at least 2 tokens.")
