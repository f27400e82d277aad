"""Several heads ablated together, against what is known of them one by one and against runs without them."""

import pytest
import torch

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.interventions.each_head import each_head
from ingest.interventions.joint_ablation import with_groups_changed
from ingest.interventions.recording import Run, record
from ingest.interventions.task_run import TaskRun
from tests.ingest.engine.padded import make_padded
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.interventions.test_each_head import at_the_end
from tests.ingest.tiny_models import make_tiny

TOGETHER = (HeadRef(0, 1), HeadRef(1, 0), HeadRef(1, 2))


@pytest.mark.parametrize("family", ["gpt2", "llama", "gptj", "qwen3_next"])
def test_a_group_of_one_head_is_that_head(family: str) -> None:
    batch = make_padded(12, "left")
    measure, loaded = at_the_end(batch), make_tiny(family)
    recording = record(Run(loaded, batch.tokens, batch.is_real, batch_size=2), measure.is_asked)
    changed = {layer: torch.zeros_like(z) for layer, z in recording.z.items()}
    heads = [HeadRef(layer, head) for layer in loaded.attention_layers for head in range(loaded.n_heads)]
    alone = with_groups_changed(recording, measure, changed, [[head] for head in heads])
    assert (alone - each_head(recording, measure, changed).values.flatten(0, 1)).abs().max() < 1e-4


@pytest.mark.parametrize("kind", list(AblationKind))
def test_a_group_gives_what_a_run_without_its_heads_gives(kind: AblationKind) -> None:
    run = TaskRun(make_tiny("llama"), make_task_batch(), make_task(), batch_size=4)
    effect = run.joint_ablation_effect([TOGETHER, TOGETHER[:1]], kind)
    without = run.with_ablated(TOGETHER, kind)
    assert torch.allclose(effect[0], run.clean - without.clean, atol=1e-5)
    control = run.joint_ablation_effect([TOGETHER], kind, "control")
    assert torch.allclose(control[0], run.control - without.control, atol=1e-5)
    one = run.ablation_effect(kind)[0, 1]
    assert torch.allclose(effect[1], one, atol=1e-5)
    assert not torch.allclose(effect[0], effect[1], atol=1e-3)
