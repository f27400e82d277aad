from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.vocabulary import Polarity, Verdict
from ingest.verdict import (
    ALPHA,
    MIN_EXCESS,
    SILENT_SHARE,
    GateOutcome,
    HeadRecord,
    Standing,
    is_positive,
    judge,
    may_meet_null_rule,
    null_rule,
    published_rule,
)

STRONG = HeadRecord(
    polarity=Polarity.IS,
    is_live=True,
    gate=None,
    score=0.9,
    score_absent_reason=None,
    is_failure=False,
    chance=0.03,
    ci_low=0.88,
    ci_high=0.92,
    excess_low=0.87,
    excess_high=0.91,
    p_adjusted=1e-6,
    p_attainable=1e-7,
    output_share=1.1,
    published_threshold=0.4,
)
SUPPORT = {Verdict.NOT_REPRODUCED: 0, Verdict.PARTIALLY_REPRODUCED: 1, Verdict.REPRODUCED: 2}


@st.composite
def records(draw: st.DrawFn) -> HeadRecord:
    unit = st.floats(0, 1)
    maybe = st.one_of(st.none(), unit)
    low, high = sorted((draw(unit), draw(unit)))
    excess_low, excess_high = sorted((draw(st.floats(-1, 1)), draw(st.floats(-1, 1))))
    has_score, has_statistics = draw(st.booleans()), draw(st.booleans())
    gate = st.builds(GateOutcome, passed=st.booleans(), metric=st.just("accuracy"), value=unit, required=unit)
    return HeadRecord(
        polarity=draw(st.sampled_from(Polarity)),
        is_live=draw(st.booleans()),
        gate=draw(st.one_of(st.none(), gate)),
        score=draw(st.floats(low, high)) if has_score else None,
        score_absent_reason=None if has_score else "the logits are not finite",
        is_failure=draw(st.booleans()),
        chance=draw(unit),
        ci_low=low if has_score and has_statistics else None,
        ci_high=high if has_score and has_statistics else None,
        excess_low=excess_low if has_score and has_statistics else None,
        excess_high=excess_high if has_score and has_statistics else None,
        p_adjusted=draw(unit) if has_score and has_statistics else None,
        p_attainable=draw(maybe),
        output_share=draw(st.one_of(st.none(), st.floats(0, 5))),
        published_threshold=draw(maybe),
    )


@given(records())
def test_every_record_gets_exactly_one_verdict_with_reasons(record: HeadRecord) -> None:
    found = judge(record)
    assert found.verdict in Verdict
    assert found.reasons
    assert all(reason.strip() for reason in found.reasons)
    assert found == judge(record)


@given(records())
def test_the_opposite_claim_gets_the_mirrored_verdict(record: HeadRecord) -> None:
    here = judge(record).verdict
    other = Polarity.IS_NOT if record.polarity is Polarity.IS else Polarity.IS
    there = judge(replace(record, polarity=other)).verdict
    mirror = {Verdict.REPRODUCED: Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED: Verdict.REPRODUCED}
    assert there == mirror.get(here, here)


@given(records(), st.floats(0, 1))
def test_a_higher_score_never_weakens_a_claim(record: HeadRecord, step: float) -> None:
    # Verdicts that decide something are ordered; an inconclusive run lies between its neighbours and decides nothing.
    record = replace(record, polarity=Polarity.IS)
    higher = replace(
        record,
        score=None if record.score is None else record.score + step,
        ci_low=None if record.ci_low is None else record.ci_low + step,
        ci_high=None if record.ci_high is None else record.ci_high + step,
        excess_low=None if record.excess_low is None else record.excess_low + step,
        excess_high=None if record.excess_high is None else record.excess_high + step,
    )
    before, after = judge(record).verdict, judge(higher).verdict
    if before in SUPPORT and after in SUPPORT:
        assert SUPPORT[after] >= SUPPORT[before]
    assert not (is_positive(record) and not is_positive(higher))


@given(records())
def test_a_scan_lists_a_head_only_where_the_null_rule_is_met_by_a_head_that_writes(record: HeadRecord) -> None:
    if is_positive(record):
        assert null_rule(record) is Standing.MET
        assert record.output_share is None or record.output_share >= SILENT_SHARE
        assert record.p_adjusted is not None
        assert record.excess_low is not None
        # The look at all heads at once passes over none that a look at one would list.
        assert may_meet_null_rule(np.array([record.p_adjusted]), np.array([record.excess_low])).all()


@given(records())
def test_only_a_supported_claim_is_graded_and_never_above_what_attention_can_show(record: HeadRecord) -> None:
    found = judge(record)
    assert found.grade == {Verdict.REPRODUCED: 2, Verdict.PARTIALLY_REPRODUCED: 1}.get(found.verdict, 0)


@pytest.mark.parametrize(
    ("changes", "verdict", "published", "null"),
    [
        ({}, Verdict.REPRODUCED, True, True),
        ({"published_threshold": None}, Verdict.REPRODUCED, None, True),
        ({"published_threshold": 0.95}, Verdict.PARTIALLY_REPRODUCED, False, True),
        ({"published_threshold": 0.9}, Verdict.INCONCLUSIVE, None, True),
        ({"excess_low": MIN_EXCESS - 0.01}, Verdict.INCONCLUSIVE, True, None),
        ({"p_adjusted": ALPHA}, Verdict.PARTIALLY_REPRODUCED, True, False),
        ({"p_adjusted": ALPHA, "p_attainable": ALPHA}, Verdict.INCONCLUSIVE, True, None),
        (
            {"ci_low": 0.04, "ci_high": 0.05, "excess_low": 0.01, "excess_high": 0.02},
            Verdict.NOT_REPRODUCED,
            False,
            False,
        ),
        ({"output_share": 0.0}, Verdict.NOT_REPRODUCED, True, True),
        ({"is_live": False}, Verdict.ERROR, True, True),
        ({"gate": GateOutcome(False, "accuracy", 0.1, 0.8)}, Verdict.NOT_APPLICABLE, True, True),
        ({"gate": GateOutcome(True, "accuracy", 0.9, 0.8)}, Verdict.REPRODUCED, True, True),
        ({"gate": GateOutcome(False, "accuracy", 0.1, 0.8), "score": None}, Verdict.NOT_APPLICABLE, True, None),
        (
            {"ci_low": None, "ci_high": None, "excess_low": None, "excess_high": None, "p_adjusted": None},
            Verdict.INCONCLUSIVE,
            None,
            None,
        ),
    ],
)
def test_each_row_of_the_rules(changes: dict, verdict: Verdict, published: bool | None, null: bool | None) -> None:
    found = judge(replace(STRONG, **changes))
    assert (found.verdict, found.published_rule_met, found.null_rule_met) == (verdict, published, null)


@pytest.mark.parametrize(("is_failure", "verdict"), [(True, Verdict.ERROR), (False, Verdict.INCONCLUSIVE)])
def test_a_missing_score_is_never_a_refutation(is_failure: bool, verdict: Verdict) -> None:
    absent = replace(
        STRONG,
        score=None,
        ci_low=None,
        ci_high=None,
        excess_low=None,
        excess_high=None,
        p_adjusted=None,
        score_absent_reason="No token of the prompts repeats.",
        is_failure=is_failure,
    )
    found = judge(absent)
    assert found.verdict is verdict
    assert found.reasons == ["No token of the prompts repeats."]


def test_a_silent_head_says_so_first() -> None:
    assert judge(replace(STRONG, output_share=0.001)).reasons[0].startswith("The head is silent")


def test_a_line_at_the_lower_bound_is_met() -> None:
    assert published_rule(replace(STRONG, published_threshold=STRONG.ci_low)) is Standing.MET
