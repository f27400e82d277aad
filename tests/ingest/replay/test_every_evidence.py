"""Records of every kind of evidence, from runs on the reference language model, replay; so does the broad reading."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.vocabulary import Polarity, Verdict
from ingest.errors import RecordRefusedError
from ingest.replay.replay import Replayed, replay
from tests.ingest.replay.changes import set_to, without
from tests.ingest.replay.reference_records import NAMES, records, records_of_task
from tests.ingest.replay.stored_records import stored


@pytest.mark.parametrize("name", NAMES)
def test_every_head_is_judged_as_it_was(name: str) -> None:
    for polarity in Polarity:
        for each in replay(stored(record) for record in records(name, polarity)):
            assert isinstance(each, Replayed), each
            assert each.differing == []


def test_an_effect_on_a_task_is_the_cause_and_ablations_beside_it_are_kept_unread() -> None:
    made = records_of_task()
    assert {record["by_prompt"]["score"]["kind"] for record in made} == {"effect"}
    assert all(record["measured"]["cause"]["is_score"] for record in made)
    assert all(record["by_prompt"]["mean_ablation"] is not None for record in made)
    changed = made[0]
    changed["measured"]["cause"]["effect"] += 1e-6
    (found,) = replay([stored(changed)])
    assert isinstance(found, RecordRefusedError)
    assert found.field == "measured.cause.effect"


def test_polarity_turns_the_verdict_of_a_task_round() -> None:
    turned = {Verdict.REPRODUCED: Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED: Verdict.REPRODUCED}
    name = records_of_task()[0]["detector"]["name"]
    for claimed, denied in zip(records(name), records(name, Polarity.IS_NOT), strict=True):
        verdict = Verdict(claimed["judgement"]["verdict"])
        assert denied["judgement"]["verdict"] == turned.get(verdict, verdict)


def test_attention_is_measured_on_ordinary_text_and_other_evidence_says_why_not() -> None:
    for record in records("induction"):
        measured = record["breadth"]["measured"]
        assert 0 <= measured["share"] <= measured["score"] <= 1
        assert record["breadth"]["judgement"]["verdict"] in ("reproduced", "not_reproduced", "inconclusive")
    for name in ("anti_induction", "greater_than"):
        judgement = records(name)[0]["breadth"]["judgement"]
        assert judgement == {
            "verdict": None,
            "reason": "Not measured: the detector measures no attention pattern",
        }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (set_to("breadth.rule_version", "9"), "breadth.rule_version"),
        (set_to("breadth.measured.score", 0.5), "breadth.measured.score"),
        (set_to("breadth.measured.excess_low", 0.9), "breadth.measured.excess_low"),
        (set_to("breadth.measured.share", 0.9), "breadth.measured.share"),
        (set_to("breadth.measured.is_live", False), "breadth.measured.is_live"),
        (set_to("breadth.measured.polarity", "is_not"), "breadth.measured.polarity"),
        (set_to("breadth.measured.nobody", 1), "breadth.measured"),
        (without("breadth.measured.score"), "breadth.by_prompt.score"),
        (set_to("breadth.by_prompt.share", None), "breadth.by_prompt.share"),
        (set_to("breadth.by_prompt.score.value", "f9:"), "breadth.by_prompt.score.value"),
        (set_to("breadth.by_prompt", {}), "breadth.by_prompt"),
    ],
)
def test_a_broad_reading_that_does_not_follow_is_refused_with_the_field_named(
    change: Callable[[dict[str, Any]], None], field: str
) -> None:
    record = records("induction")[0]
    change(record)
    (found,) = replay([stored(record)])
    assert isinstance(found, RecordRefusedError), found
    assert found.field == field


def test_a_broad_verdict_that_does_not_follow_differs_by_name() -> None:
    record = records("induction")[0]
    record["breadth"]["judgement"]["verdict"] = "error"
    (found,) = replay([stored(record)])
    assert isinstance(found, Replayed)
    assert found.differing[0].startswith("breadth.judgement.verdict: the record says 'error'")


def test_a_record_without_breadth_is_judged_all_the_same() -> None:
    record = records("induction")[0]
    del record["breadth"]
    (found,) = replay([stored(record)])
    assert isinstance(found, Replayed)
    assert found.is_equal
