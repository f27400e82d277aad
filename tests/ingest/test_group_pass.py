"""Planted heads ablated together, against what their weights say on paper, and the verdicts that follow."""

from functools import cache

import pytest

from catalog.notation import HeadRef
from catalog.vocabulary import Polarity, Verdict
from ingest.group_effect import GroupResult, group_record
from ingest.group_pass import run_groups
from ingest.loaded_model import LoadedModel
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import Plan
from ingest.planted.planted_model import PlantedModel
from ingest.progress import Progress
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.registry import select
from ingest.scan import scan, vocabulary_of
from ingest.scan_result import ScanOptions
from ingest.verdict import HeadRecord, judge
from tests.ingest.indirect_object_model import HEADS, make_indirect_object_model
from tests.ingest.test_causal_arm import load

# Two heads that continue copies alike, each half of it, beside fourteen that do not: 91 pairs can be drawn of these.
PLAN: Plan = (
    ("previous_token", *["uniform"] * 15),
    ("induction", "induction", "silent_induction", *["uniform"] * 13),
)
OPTIONS = ScanOptions(n_prompts=16, length=41)


@cache
def planted() -> tuple[PlantedModel, LoadedModel]:
    made = build_planted("llama", seed=0, plan=PLAN)
    return made, load(made)


def group(name: str, heads: tuple[HeadRef, ...], loaded: LoadedModel) -> GroupResult:
    def prompts_of(family: PromptFamily) -> PromptBatch:
        length = family.default_length if family.has_own_length else 41
        return family.make(vocabulary_of(loaded), 16, length, 0)

    (found,) = run_groups(loaded, select([name]), {name: [heads]}, prompts_of, OPTIONS, progress=Progress())
    return found


def test_two_heads_that_share_a_job_have_all_of_it_together() -> None:
    made, loaded = planted()
    heads = tuple(made.of_type("induction"))
    result = scan(loaded, select(["induction"]), OPTIONS, groups={"induction": [heads]})
    arm = result.detectors[0].arm
    assert arm is not None
    assert arm.effect is not None
    for head in heads:
        assert arm.effect[head.layer, head.head] == pytest.approx(0.5, abs=0.05)  # the final norm gives a little back
    (found,) = result.groups
    record = result.group_record(found)
    assert record.cause is not None
    assert record.cause.effect == pytest.approx(1, abs=0.02)
    assert record.cause.min_effect == pytest.approx(0.1)
    assert record.cause.group is not None
    assert record.cause.group.n_groups == 40
    assert record.cause.group.n_as_large == 0
    judgement = judge(record)
    assert (judgement.verdict, judgement.grade) == (Verdict.REPRODUCED, 3)
    assert "more than the middle one of 40 random groups of 2 heads, of which 0 do as much" in judgement.reasons[0]
    assert judge(result.group_record(found, Polarity.IS_NOT)).verdict is Verdict.NOT_REPRODUCED


def test_heads_that_write_nothing_are_no_group() -> None:
    made, loaded = planted()
    silent = next(head for head, kind in made.kinds.items() if kind.name == "silent_induction")
    uniform = next(head for head, kind in made.kinds.items() if kind.name == "uniform" and head.layer == 1)
    found = group("induction", (silent, uniform), loaded)
    record = scan_record_of(found)
    assert record.cause is not None
    assert abs(record.cause.effect) < 0.02
    assert judge(record).verdict is Verdict.NOT_REPRODUCED


def test_a_group_that_leaves_no_others_to_compare_with_decides_nothing() -> None:
    made, loaded = planted()
    heads = tuple(made.of_type("induction")) + tuple(HeadRef(0, head) for head in range(16))
    record = scan_record_of(group("induction", heads, loaded))
    assert record.cause is not None
    assert record.cause.group is not None
    assert record.cause.group.n_groups == 0
    assert judge(record).verdict is Verdict.INCONCLUSIVE


def test_a_group_for_a_type_without_behaviour_is_absent_with_the_reason() -> None:
    _, loaded = planted()
    found = group("positional", (HeadRef(0, 0), HeadRef(0, 1)), loaded)
    assert scan_record_of(found).score_absent_reason == select(["positional"])[0].no_behaviour
    assert judge(scan_record_of(found)).verdict is Verdict.INCONCLUSIVE


def test_a_task_that_is_not_done_is_the_reason_of_a_group() -> None:
    _, loaded = planted()
    found = group("successor", (HeadRef(0, 0), HeadRef(0, 1)), loaded)
    assert found.mean is None
    assert found.absent_reason


def test_a_group_on_a_task_is_held_against_its_templates() -> None:
    loaded = make_indirect_object_model()
    found = group("duplicate_token", (HEADS["name_mover"], HEADS["s_inhibition"]), loaded)
    record = scan_record_of(found)
    assert record.cause is not None
    assert record.cause.n_templates == 8
    assert record.cause.behaviour == "the task indirect object"
    assert record.cause.effect > 0.3


def scan_record_of(found: GroupResult) -> HeadRecord:
    return group_record(found, Polarity.IS, is_live=True)
