"""Attribution patching as a screen: exact where nothing bends, and honest about what it missed."""

import pytest
import torch

from catalog.vocabulary import AblationKind
from ingest.interventions.ablation import ablated_z
from ingest.interventions.attribution import estimates, screen
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.one_at_a_time import one_at_a_time
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording, Run, record
from ingest.interventions.task_measure import task_measure
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

BATCH = make_task_batch()
MEASURE = task_measure(make_task(), BATCH)


def recorded(family: str) -> Recording:
    return record(Run(make_tiny(family), BATCH.tokens, BATCH.is_real), MEASURE.is_asked)


def means(recording: Recording) -> dict[int, torch.Tensor]:
    return {layer: ablated_z(z, BATCH.is_real, AblationKind.MEAN) for layer, z in recording.z.items()}


def intact(recording: Recording, measure: LogitMeasure = MEASURE) -> torch.Tensor:
    return measure.value(logits_of(recording.run.loaded, recording.normed, measure.token_ids))


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "olmo2", "gptj", "jamba"])
def test_small_changes_are_estimated_exactly(family: str) -> None:
    recording = recorded(family)
    small = {layer: z + 1e-3 * (means(recording)[layer] - z) for layer, z in recording.z.items()}
    exact = intact(recording) - one_at_a_time(recording.run, MEASURE, small)
    difference = (estimates(recording, MEASURE, small) - exact).abs().max()
    assert difference < 0.01 * exact.abs().max()


@pytest.mark.parametrize("family", ["gpt2", "bloom"])
def test_kept_heads_are_exact_and_dropped_ones_are_named(family: str) -> None:
    recording = recorded(family)
    changed = means(recording)
    found = screen(recording, MEASURE, changed, n_kept=3, n_top=3, n_checked=6)
    exact = one_at_a_time(recording.run, MEASURE, changed)
    for head in found.kept:
        assert torch.allclose(found.values[head.layer, head.head], exact[head.layer, head.head], atol=1e-4)
    assert all(found.values[head.layer, head.head].isnan().all() for head in found.dropped)
    assert len(found.kept) == 3
    assert len(set(found.kept) | set(found.dropped)) == 8
    # Recall and correlation against all heads, which this test can afford.
    sizes = (intact(recording) - exact)[:, :, 0].mean(dim=-1)
    top = {divmod(each, 4) for each in sizes.abs().flatten().topk(3).indices.tolist()}
    assert found.recall == len(top & {(head.layer, head.head) for head in found.kept}) / 3
    pair = torch.stack([sizes.flatten(), found.estimate[:, :, 0].mean(dim=-1).flatten()])
    assert found.correlation == pytest.approx(float(torch.corrcoef(pair)[0, 1]), abs=1e-4)
