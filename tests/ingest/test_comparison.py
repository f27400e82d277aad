"""Two runs: equal within the tolerance, drift, or contradiction."""

from typing import Any

import pytest

from ingest.comparison import Outcome, compare


def record(score: float | None, verdict: str, *, dtype: str = "float32", seed_of_code: str = "a") -> dict[str, Any]:
    return {
        "measured": {"score": score},
        "judgement": {"verdict": verdict, "published_rule_met": None, "null_rule_met": None},
        "provenance": {"machine": {"dtype": dtype}, "code_sha256": seed_of_code * 64},
    }


@pytest.mark.parametrize(
    ("before", "after", "stated", "outcome"),
    [
        (record(0.5, "reproduced"), record(0.5 + 9e-5, "reproduced"), None, Outcome.EQUAL),
        (record(0.5, "reproduced"), record(0.5 + 2e-4, "reproduced"), None, Outcome.DRIFT),
        (record(0.5, "reproduced"), record(0.5 + 2e-4, "reproduced"), 1e-3, Outcome.EQUAL),
        (record(0.5, "reproduced", dtype="bfloat16"), record(0.505, "reproduced"), None, Outcome.EQUAL),
        (record(0.5, "reproduced"), record(0.5, "inconclusive"), None, Outcome.DRIFT),
        (record(0.5, "reproduced"), record(0.1, "not_reproduced"), None, Outcome.CONTRADICTION),
        (record(0.1, "not_reproduced"), record(0.5, "partially_reproduced"), None, Outcome.CONTRADICTION),
        (record(0.5, "reproduced"), record(None, "error"), None, Outcome.DRIFT),
        (record(None, "not_applicable"), record(None, "not_applicable"), None, Outcome.EQUAL),
        (record(None, "not_applicable"), record(0.0, "not_reproduced"), None, Outcome.DRIFT),
    ],
)
def test_the_outcome_of_a_repetition(
    before: dict[str, Any], after: dict[str, Any], stated: float | None, outcome: Outcome
) -> None:
    assert compare(before, after, stated).outcome is outcome


def test_what_may_have_moved_a_number_is_named() -> None:
    found = compare(record(0.5, "reproduced"), record(0.5, "reproduced", seed_of_code="b"), None)
    assert found.changed == [f"provenance.code_sha256: {'a' * 12}…, then {'b' * 12}…"]
