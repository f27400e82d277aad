"""A batch that is read one token too early: the gate ends it before a head is scored."""

from dataclasses import replace

from ingest.registry import select
from ingest.scan import vocabulary_of
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.task_pass import run_task
from ingest.tasks.indirect_object import indirect_object
from ingest.tasks.task import END, TaskBatch
from tests.ingest.indirect_object_model import make_indirect_object_model

DETECTORS = select(["name_mover", "s_inhibition"])
OPTIONS = ScanOptions(n_prompts=16, with_statistics=False, with_definitions=False)


def _read(batch: TaskBatch) -> list[DetectorResult]:
    return run_task(make_indirect_object_model(), batch, DETECTORS, OPTIONS)


def test_the_same_prompts_pass_at_end_and_end_one_token_earlier() -> None:
    batch = indirect_object.make(vocabulary_of(make_indirect_object_model()), 16, 32, 0)
    early = replace(batch, marks={**batch.marks, END: batch.marks[END].roll(-1, dims=1)})
    for each in _read(batch):
        assert each.gate is not None
        assert each.gate.passed
        assert each.scores is not None
    for each in _read(early):
        assert each.gate is not None
        assert not each.gate.passed
        assert each.gate.value < each.gate.required
        assert each.scores is None
        assert "accuracy on indirect object" in (each.absent_reason or "")
