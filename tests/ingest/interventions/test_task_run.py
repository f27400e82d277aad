"""A task run against what it should mean: effects against forward passes written out by hand."""

import pytest
import torch

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.architectures.parts import output_projections
from ingest.engine.capture import attention_through
from ingest.engine.forward import forward
from ingest.engine.kernels import AttentionCall, attend
from ingest.engine.reference import patterns
from ingest.errors import PromptError
from ingest.interventions.task_run import TaskRun
from ingest.prompts.batch import PromptBatch
from ingest.tasks.measures import control_difference, measured
from ingest.tasks.task import END, Measure
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

BATCH = make_task_batch()
FAMILIES = ("gpt2", "llama", "gemma2", "olmo2", "gptj", "jamba")


def run_on(family: str, measure: Measure = Measure.LOGIT_DIFFERENCE) -> TaskRun:
    return TaskRun(make_tiny(family), BATCH, make_task(measure))


def logits_at_end(loaded, tokens=BATCH.tokens):
    with torch.no_grad():
        logits = forward(loaded, tokens, BATCH.is_real, with_logits=True).logits
    return logits[BATCH.marks[END]]


@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize("family", FAMILIES)
def test_intact_measures_are_those_of_the_logits(family: str, measure: Measure) -> None:
    run = run_on(family, measure)
    clean, corrupted = logits_at_end(run.loaded), logits_at_end(run.loaded, BATCH.corrupted)
    assert torch.allclose(run.clean, measured(clean, BATCH, measure), atol=1e-5)
    assert torch.allclose(run.corrupted, measured(corrupted, BATCH, measure), atol=1e-5)
    assert torch.allclose(run.control, control_difference(clean, BATCH), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_zero_ablation_is_a_head_whose_rows_of_w_o_are_zero(family: str) -> None:
    run = run_on(family)
    effect = run.ablation_effect(AblationKind.ZERO)
    projection = output_projections(run.loaded)[1]
    rows = projection.weight.T if isinstance(projection, torch.nn.Linear) else projection.weight
    width = len(rows) // run.loaded.n_heads
    rows[2 * width : 3 * width] = 0
    expected = run.clean - measured(logits_at_end(run.loaded), BATCH, Measure.LOGIT_DIFFERENCE)
    assert torch.allclose(effect[1, 2], expected, atol=1e-4)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_a_patched_pattern_is_that_of_the_counterpart_over_the_prompts_values(family: str) -> None:
    run = run_on(family)
    loaded, place = run.loaded, HeadRef(1, 2)
    counterpart = PromptBatch(BATCH.corrupted, BATCH.is_real, BATCH.has_bos)
    pattern = patterns(loaded, counterpart)[place.layer][:, place.head].nan_to_num()

    def patch(call: AttentionCall) -> torch.Tensor:
        z = attend(call).z
        if call.layer == place.layer:
            z[:, :, place.head] = pattern @ call.value[:, place.kv_group(loaded.n_heads, loaded.n_kv_heads)]
        return z

    with attention_through(loaded, patch):
        logits = logits_at_end(loaded)
    expected = run.clean - measured(logits, BATCH, Measure.LOGIT_DIFFERENCE)
    assert expected.abs().max() > 1e-3
    assert torch.allclose(run.pattern_patching_effect()[place.layer, place.head], expected, atol=1e-4)


def test_an_unknown_mark_names_those_there_are() -> None:
    with pytest.raises(PromptError, match="before, end, subject"):
        run_on("gpt2").attention("end", "indirect object")


@pytest.mark.parametrize("family", ["llama", "gptj"])
def test_attention_to_all_earlier_keys_adds_up(family: str) -> None:
    run = run_on(family)
    before, itself = run.attention("subject", "before"), run.attention("subject", "subject")
    assert torch.allclose(before + itself, torch.ones(2, 4, 6), atol=1e-5)


def test_logits_read_from_disjoint_keys_add_up() -> None:
    run = run_on("gemma2")
    marks = dict(BATCH.marks) | {"rest": BATCH.is_real & ~BATCH.marks["before"]}
    both = TaskRun(run.loaded, type(BATCH)(**(vars(BATCH) | {"marks": marks})), run.task)
    assert torch.allclose(both.direct_logits("before") + both.direct_logits("rest"), both.direct_logits(), atol=1e-5)


def test_a_knocked_out_head_has_no_effect_left() -> None:
    run = run_on("llama").with_ablated([HeadRef(1, 2)], AblationKind.MEAN)
    assert run.direct_effect()[1, 2].abs().max() == 0
    assert run.ablation_effect(AblationKind.MEAN)[1, 3].abs().min() > 0
