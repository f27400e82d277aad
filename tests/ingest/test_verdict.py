from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.vocabulary import Polarity, Verdict
from ingest.cause import MIN_EFFECT, Cause, OtherEffect, RandomGroups, causal_rule, least_of_group
from ingest.errors import UnknownProtocolError
from ingest.rule import ALPHA, Standing
from ingest.verdict import (
    MIN_EXCESS,
    PROTOCOL_VERSION,
    SILENT_SHARE,
    GateOutcome,
    HeadRecord,
    is_positive,
    judge,
    may_be_positive,
    our_rule,
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
CAUSE = Cause(
    behaviour="indirect object identification",
    intervention="path patching to the logits",
    is_score=False,
    min_effect=MIN_EFFECT,
    effect=0.3,
    low=0.25,
    high=0.35,
    control=0.01,
    p_adjusted=1e-6,
    p_attainable=1e-7,
    above_layer_low=0.2,
    above_layer_high=0.3,
    n_templates=5,
    least_template=0.2,
    has_one_sign=True,
)
CAUSAL = replace(
    STRONG, published_threshold=None, score=0.3, ci_low=0.25, ci_high=0.35, excess_low=0.24, excess_high=0.34
)
CAUSAL = replace(CAUSAL, cause=replace(CAUSE, is_score=True))
SUPPORT = {Verdict.NOT_REPRODUCED: 0, Verdict.PARTIALLY_REPRODUCED: 1, Verdict.REPRODUCED: 2}


@st.composite
def causes(draw: st.DrawFn) -> Cause | None:
    if not draw(st.booleans()):
        return None
    number = st.floats(-2, 2)
    low, high = sorted((draw(number), draw(number)))
    layer_low, layer_high = sorted((draw(number), draw(number)))
    other_low, other_high = sorted((draw(number), draw(number)))
    has_statistics, has_layer = draw(st.booleans()), draw(st.booleans())
    return replace(
        CAUSE,
        is_score=draw(st.booleans()),
        effect=draw(st.floats(low, high)),
        low=low if has_statistics else None,
        high=high if has_statistics else None,
        p_adjusted=draw(st.floats(0, 1)) if has_statistics else None,
        p_attainable=draw(st.one_of(st.none(), st.floats(0, 1))),
        above_layer_low=layer_low if has_layer else None,
        above_layer_high=layer_high if has_layer else None,
        has_one_sign=draw(st.booleans()),
        resample=draw(st.one_of(st.none(), st.just(OtherEffect(other_low, other_low, other_high)))),
    )


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
        cause=draw(causes()),
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
        cause=record.cause and higher_effect(record.cause, step),
    )
    before, after = judge(record).verdict, judge(higher).verdict
    if before in SUPPORT and after in SUPPORT:
        assert SUPPORT[after] >= SUPPORT[before]
    assert not (is_positive(record) and not is_positive(higher))


def higher_effect(cause: Cause, step: float) -> Cause:
    names = ("effect", "low", "high", "above_layer_low", "above_layer_high")
    moved = {name: None if getattr(cause, name) is None else getattr(cause, name) + step for name in names}
    return replace(cause, **moved)


@given(records())
def test_a_scan_lists_a_head_only_where_our_rule_is_met_by_a_head_that_writes(record: HeadRecord) -> None:
    if is_positive(record):
        assert our_rule(record) is Standing.MET
        assert record.output_share is None or record.output_share >= SILENT_SHARE
        # The look at all heads at once passes over none that a look at one would list.
        if record.cause is not None and record.cause.is_score:
            p, low, least = record.cause.p_adjusted, record.cause.low, record.cause.min_effect
        else:
            p, low, least = record.p_adjusted, record.excess_low, MIN_EXCESS
        assert p is not None
        assert low is not None
        assert may_be_positive(np.array([p]), np.array([low]), least).all()
        assert judge(replace(record, polarity=Polarity.IS, gate=None, published_threshold=None)).grade >= 2


@given(records())
def test_only_a_supported_claim_is_graded_and_only_an_effect_lifts_it_to_3(record: HeadRecord) -> None:
    found = judge(record)
    assert (found.grade > 0) == (found.verdict in (Verdict.REPRODUCED, Verdict.PARTIALLY_REPRODUCED))
    assert (found.grade == 1) == (found.verdict is Verdict.PARTIALLY_REPRODUCED)
    if found.grade == 3:
        assert record.polarity is Polarity.IS
        assert record.cause is not None
        assert causal_rule(record.cause) is Standing.MET
        assert record.cause.has_one_sign
    if found.grade:
        assert found.reasons[-1].startswith(f"Grade {found.grade}: ")


@given(records())
def test_records_of_earlier_versions_are_judged_as_they_were(record: HeadRecord) -> None:
    before = judge(replace(record, cause=None), "2")
    assert judge(record, "2") == judge(record, "1") == before
    assert before.grade == {Verdict.REPRODUCED: 2, Verdict.PARTIALLY_REPRODUCED: 1}.get(before.verdict, 0)
    now = judge(replace(record, cause=None))
    assert (now.verdict, now.published_rule_met, now.null_rule_met, now.grade) == (
        before.verdict,
        before.published_rule_met,
        before.null_rule_met,
        before.grade,
    )
    # Beside a score of another kind an effect decides the grade and never the verdict.
    if record.cause is None or not record.cause.is_score:
        assert judge(record).verdict is before.verdict


def test_a_version_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownProtocolError, match="no protocol version '9'"):
        judge(STRONG, "9")
    assert judge(STRONG) == judge(STRONG, PROTOCOL_VERSION)


@pytest.mark.parametrize(
    ("changes", "verdict", "grade"),
    [
        ({}, Verdict.REPRODUCED, 3),
        ({"effect": 0.04, "low": 0.03, "high": 0.049}, Verdict.NOT_REPRODUCED, 0),
        ({"low": 0.04}, Verdict.INCONCLUSIVE, 0),
        ({"min_effect": 0.02, "low": 0.03, "high": 0.05}, Verdict.REPRODUCED, 3),
        ({"p_adjusted": ALPHA}, Verdict.NOT_REPRODUCED, 0),
        ({"p_adjusted": ALPHA, "p_attainable": ALPHA}, Verdict.INCONCLUSIVE, 0),
        ({"above_layer_low": -0.1, "above_layer_high": 0.0}, Verdict.NOT_REPRODUCED, 0),
        ({"above_layer_low": -0.1}, Verdict.INCONCLUSIVE, 0),
        ({"above_layer_low": None, "above_layer_high": None}, Verdict.REPRODUCED, 2),
        ({"has_one_sign": False}, Verdict.PARTIALLY_REPRODUCED, 1),
        ({"low": None, "high": None, "p_adjusted": None}, Verdict.INCONCLUSIVE, 0),
    ],
)
def test_a_type_defined_by_an_effect_is_judged_by_it(changes: dict, verdict: Verdict, grade: int) -> None:
    assert CAUSAL.cause is not None
    found = judge(replace(CAUSAL, cause=replace(CAUSAL.cause, **changes)))
    assert (found.verdict, found.grade) == (verdict, grade)


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        ({}, 3),
        ({"effect": 0.0, "low": -0.01, "high": 0.01}, 2),
        ({"low": 0.01}, 2),
        ({"has_one_sign": False}, 2),
        ({"resample": OtherEffect(0.2, 0.1, 0.3)}, 3),
        ({"resample": OtherEffect(0.2, -0.1, 0.3)}, 2),
        ({"resample": OtherEffect(-0.2, -0.3, -0.1)}, 2),
    ],
)
def test_a_pattern_with_an_effect_is_graded_higher_and_without_one_it_stays_reproduced(
    changes: dict, grade: int
) -> None:
    found = judge(replace(STRONG, cause=replace(CAUSE, **changes)))
    assert (found.verdict, found.grade) == (Verdict.REPRODUCED, grade)


def test_a_claim_without_a_measured_cause_says_why() -> None:
    found = judge(replace(STRONG, cause_absent_reason="This is an encoder."))
    assert found.reasons[-1] == ("Grade 2: reproduced with controls. Grade 3 asks for a cause. This is an encoder.")


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


GROUP = replace(CAUSAL.cause, min_effect=0.15, group=RandomGroups(3, 40, 0)) if CAUSAL.cause else None


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.MET),
        ({"group": RandomGroups(3, 20, 0)}, Standing.MET),
        # 1 / 20 is no p below 0.05: too few groups tell nothing, and 2 / 41 = 0.049 is still rare.
        ({"group": RandomGroups(3, 19, 0)}, Standing.OPEN),
        ({"group": RandomGroups(3, 40, 1)}, Standing.MET),
        ({"group": RandomGroups(3, 40, 2)}, Standing.UNMET),
        ({"group": RandomGroups(3, 0, 0), "above_layer_low": None, "above_layer_high": None}, Standing.OPEN),
        ({"above_layer_low": -0.1, "above_layer_high": 0.1}, Standing.OPEN),
        ({"above_layer_low": -0.2, "above_layer_high": -0.1}, Standing.UNMET),
        ({"resample": OtherEffect(-0.1, -0.2, -0.05)}, Standing.UNMET),
        ({"low": 0.1}, Standing.OPEN),
        ({"p_adjusted": 0.2}, Standing.UNMET),
    ],
)
def test_a_group_must_beat_random_groups_beside_all_that_a_head_must(changes: dict, standing: Standing) -> None:
    assert GROUP is not None
    assert causal_rule(replace(GROUP, **changes)) is standing


def test_a_group_owes_the_least_share_of_a_head_for_each_of_its_heads_and_half_is_enough() -> None:
    assert least_of_group(0.05, 2) == pytest.approx(0.1)
    assert least_of_group(0.05, 10) == least_of_group(0.05, 40) == 0.5


def test_single_heads_are_judged_by_version_4_as_by_version_3() -> None:
    for record in (STRONG, CAUSAL, replace(STRONG, cause=CAUSE), replace(CAUSAL, polarity=Polarity.IS_NOT)):
        assert judge(record, "4") == judge(record, "3")
