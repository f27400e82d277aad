"""S-inhibition heads in a language model whose heads have their roles by construction."""

import pytest
import torch

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind, Verdict
from ingest.errors import NoTargetError
from ingest.interventions.task_run import TaskRun
from ingest.metrics.name_movers import first_half, name_movers, with_name_movers_of_the_other_half
from ingest.scan import vocabulary_of
from ingest.tasks.indirect_object import indirect_object
from ingest.verdict import judge
from tests.ingest.indirect_object_model import HEADS, make_indirect_object_model, record_of, result_of, scanned

INHIBITION = HEADS["s_inhibition"]


def run(n_prompts: int = 32) -> TaskRun:
    loaded = make_indirect_object_model()
    return TaskRun(loaded, indirect_object.make(vocabulary_of(loaded), n_prompts, 32, 0), indirect_object)


def test_exactly_the_planted_head_is_found() -> None:
    assert scanned().positive(result_of("s_inhibition")) == [INHIBITION]
    found = judge(record_of("s_inhibition", INHIBITION))
    assert (found.verdict, found.grade) == (Verdict.REPRODUCED, 3)


def test_without_its_signal_the_mover_takes_any_name() -> None:
    # The subject stands twice and the indirect object once: what the mover writes for the one, 1, becomes −1/3. The
    # negative head, whose queries see no change, still writes −0.3: 4/3 of 0.7, less what the final norm makes of it.
    assert record_of("s_inhibition", INHIBITION).score == pytest.approx(4 / 3 / 0.7, abs=0.3)


def test_a_head_that_acts_on_its_own_inhibits_nothing() -> None:
    for name in ("name_mover", "negative_name_mover", "backup_name_mover"):
        record = record_of("s_inhibition", HEADS[name])
        assert record.score == 0
        assert judge(record).verdict is Verdict.NOT_REPRODUCED
    # The one that tells the verb who acts reaches the movers through the inhibition alone, which is frozen.
    assert record_of("s_inhibition", HEADS["previous_token"]).score == pytest.approx(0, abs=0.01)


def test_name_movers_are_found_on_one_half_and_used_on_the_other() -> None:
    task = run()
    is_first = first_half(task)
    assert is_first.sum() == 16
    for template in range(8):
        assert is_first[task.batch.template == template].tolist() == [True, False, True, False]
    assert name_movers(task, is_first) == name_movers(task, ~is_first) == [HEADS["name_mover"]]


def test_halves_that_find_other_heads_are_each_measured_with_those_of_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = run()
    is_first = first_half(task)
    found = {True: [HeadRef(0, 0)], False: [HeadRef(0, 1)]}
    monkeypatch.setattr(
        "ingest.metrics.name_movers.name_movers", lambda _, half: found[bool(torch.equal(half, is_first))]
    )
    effect, _ = with_name_movers_of_the_other_half(
        task, lambda movers: (torch.full((4, 4, 32), float(movers[0].head)),) * 2
    )
    assert torch.equal(effect[0, 0], is_first.float())


def test_too_few_prompts_find_nobody() -> None:
    with pytest.raises(NoTargetError, match="3 prompts are too few"):
        name_movers(run(), torch.arange(32) < 3)


def test_a_task_that_no_head_serves_directly_has_no_name_movers() -> None:
    task = run()
    writers = [HEADS[name] for name in ("name_mover", "negative_name_mover", "backup_name_mover")]
    silent = task.with_ablated(writers, AblationKind.ZERO)
    with pytest.raises(NoTargetError, match="no name mover for others to serve"):
        name_movers(silent, torch.ones(32, dtype=torch.bool))
