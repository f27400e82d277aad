"""Every head changed by the fast way, against one full forward pass for each head."""

import pytest
import torch

from catalog.vocabulary import AblationKind
from ingest.interventions import last_position
from ingest.interventions.ablation import ablated_z
from ingest.interventions.each_head import each_head, each_head_at_asked
from ingest.interventions.logit_measure import LogitMeasure, logit_difference
from ingest.interventions.one_at_a_time import one_at_a_time
from ingest.interventions.recording import Run, record
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import make_padded
from tests.ingest.tiny_models import CONFIGURATIONS, HYBRIDS, STREAMED, make_tiny

# Nobody wrote down where Zamba 2 keeps its parts.
FAMILIES = sorted((set(CONFIGURATIONS) | set(HYBRIDS)) - {"zamba2"})
# BLOOM adds the residual stream inside its attention, so that nothing can be put in the place of what its heads write.
NOT_ENTERED = {"bloom"}


def last_queries(batch: PromptBatch) -> torch.Tensor:
    return batch.is_real & (batch.is_real.cumsum(dim=1) == batch.is_real.sum(dim=1, keepdim=True))


def at_the_end(batch: PromptBatch) -> LogitMeasure:
    n_prompts = len(batch.tokens)
    return logit_difference(last_queries(batch), torch.arange(n_prompts) + 5, torch.arange(n_prompts) + 50)


def everywhere(batch: PromptBatch) -> LogitMeasure:
    return LogitMeasure(batch.is_real, lambda logits: logits.logsumexp(dim=-1) - logits[:, 7])


def differences(run: Run, measure: LogitMeasure, kind: AblationKind = AblationKind.MEAN) -> tuple[float, float]:
    """Largest difference to the slow way, and largest effect."""
    recording = record(run, measure.is_asked)
    changed = {layer: ablated_z(z, run.is_real, kind) for layer, z in recording.z.items()}
    fast, slow = each_head(recording, measure, changed), one_at_a_time(run, measure, changed)
    assert fast.is_replayed == (run.loaded.architecture not in NOT_ENTERED)
    assert fast.values.shape == slow.shape
    return float((fast.values - slow).abs().max()), float((slow - slow.mean(dim=(0, 1))).abs().max())


@pytest.mark.parametrize(
    ("family", "side"),
    [(family, "right") for family in FAMILIES]
    + [(family, side) for family in ("gpt2", "llama", "gemma2", "gptj") for side in ("none", "left")],
)
def test_all_heads_at_once_are_each_head_alone(family: str, side: str) -> None:
    batch = make_padded(12, side)
    difference, effect = differences(Run(make_tiny(family), batch.tokens, batch.is_real), at_the_end(batch))
    assert difference < 1e-4
    assert effect > 0.01


@pytest.mark.parametrize(
    ("family", "side"),
    [(family, "right") for family in FAMILIES if family in STREAMED]
    + [(family, side) for family in ("gpt2", "llama", "gemma2") for side in ("none", "left")],
)
def test_heads_changed_at_the_last_query_alone_reuse_keys_and_values(family: str, side: str) -> None:
    batch = make_padded(12, side)
    run, measure = Run(make_tiny(family), batch.tokens, batch.is_real), at_the_end(batch)
    recording = record(run, measure.is_asked)
    assert last_position.is_possible(recording)
    changed = {layer: torch.zeros_like(z) for layer, z in recording.z.items()}
    only = {layer: z.where(~measure.is_asked[:, :, None, None], 0.0) for layer, z in recording.z.items()}
    found = each_head_at_asked(recording, measure, changed).values
    assert (found - one_at_a_time(run, measure, only)).abs().max() < 1e-4


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gptj"])
def test_queries_everywhere_may_be_asked(family: str) -> None:
    batch = make_padded(12, "right")
    difference, _ = differences(Run(make_tiny(family), batch.tokens, batch.is_real), everywhere(batch))
    assert difference < 1e-4


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gptj", "jamba"])
def test_heads_that_are_knocked_out_stay_so(family: str) -> None:
    batch = make_padded(12, "right")
    loaded = make_tiny(family)
    last = loaded.attention_layers[-1]
    out = {last: {1: torch.randn(3, 12, loaded.d_head, generator=torch.Generator().manual_seed(3))}}
    difference, _ = differences(Run(loaded, batch.tokens, batch.is_real, out), at_the_end(batch))
    assert difference < 1e-4
