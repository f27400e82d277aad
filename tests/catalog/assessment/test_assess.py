"""What all claims and re-runs of a head say together: conflicts stay visible, denials count, one party is one party."""

from typing import Any

import pytest

from catalog.assessment.assess import Assessment, assess
from catalog.assessment.evidence import ClaimEvidence, RerunEvidence
from catalog.vocabulary import Maturity, Outcome, Polarity, Verdict

IS = ClaimEvidence("AHF-000001", Polarity.IS, "a-paper")
IS_NOT = ClaimEvidence("AHF-000002", Polarity.IS_NOT, "another-paper")


def rerun(number: int, **changes: Any) -> RerunEvidence:
    """A re-run by a calibrated detector that reproduced the claim, unsigned, on one revision."""
    values: dict[str, Any] = {
        "accession": f"AHV-{number:07}",
        "claim": IS.accession,
        "polarity": Polarity.IS,
        "verdict": Verdict.REPRODUCED,
        "broad_verdict": None,
        "broad_share": None,
        "has_cause": False,
        "detector": "induction",
        "detector_version": 1,
        "maturity": Maturity.CALIBRATED,
        "signer": None,
        "measured_on": "lab--small@1",
    }
    return RerunEvidence(**values | changes)


def said(found: Assessment) -> tuple[Outcome, int]:
    return found.outcome, found.grade


def test_a_claim_that_nobody_re_ran_is_untested() -> None:
    found = assess([IS], [])
    assert said(found) == (Outcome.UNTESTED, 0)
    assert (found.narrow.verdict, found.broad.verdict, found.conflicts) == (None, None, [])
    assert found.missing is not None


@pytest.mark.parametrize(
    ("verdict", "outcome", "grade"),
    [
        (Verdict.REPRODUCED, Outcome.IS, 2),
        (Verdict.PARTIALLY_REPRODUCED, Outcome.IS_IN_PART, 1),
        (Verdict.NOT_REPRODUCED, Outcome.IS_NOT, 2),
        (Verdict.INCONCLUSIVE, Outcome.UNDECIDED, 0),
        (Verdict.NOT_APPLICABLE, Outcome.UNDECIDED, 0),
        (Verdict.ERROR, Outcome.UNDECIDED, 0),
    ],
)
def test_one_re_run_decides_alone(verdict: Verdict, outcome: Outcome, grade: int) -> None:
    assert said(assess([IS], [rerun(1, verdict=verdict)])) == (outcome, grade)


def test_a_denial_that_is_reproduced_says_is_not_with_the_grade_of_a_claim() -> None:
    found = assess([IS_NOT], [rerun(1, claim=IS_NOT.accession, polarity=Polarity.IS_NOT)])
    assert said(found) == (Outcome.IS_NOT, 2)
    assert (found.narrow.verdict, found.conflicts) == (Verdict.NOT_REPRODUCED, [])


def test_a_claim_that_its_re_run_does_not_find_is_shown_as_contradicted() -> None:
    found = assess([IS], [rerun(1, verdict=Verdict.NOT_REPRODUCED)])
    assert found.conflicts == ["AHF-000001 claims it, and AHV-0000001 does not find it."]


def test_sources_that_disagree_conflict_whatever_a_re_run_says() -> None:
    assert said(assess([IS, IS_NOT], [])) == (Outcome.CONFLICTING, 0)
    found = assess([IS, IS_NOT], [rerun(1)])
    assert said(found) == (Outcome.CONFLICTING, 0)
    assert found.conflicts[0] == "Sources disagree: AHF-000001 claims it, AHF-000002 denies it."
    assert found.narrow.verdict is Verdict.REPRODUCED


def test_parties_that_disagree_conflict_and_numbers_do_not_decide() -> None:
    reruns = [rerun(n, signer=f"key {n}") for n in range(1, 5)] + [
        rerun(9, signer="key 9", verdict=Verdict.NOT_REPRODUCED)
    ]
    found = assess([IS], reruns)
    assert said(found) == (Outcome.CONFLICTING, 0)
    assert found.conflicts == [
        "Re-runs disagree: AHV-0000001, AHV-0000002, AHV-0000003 and 1 more find it, AHV-0000009 does not find it."
    ]


def test_the_latest_re_run_of_a_party_replaces_its_earlier_one_and_the_change_is_shown() -> None:
    found = assess([IS], [rerun(1, verdict=Verdict.NOT_REPRODUCED), rerun(2)])
    assert said(found) == (Outcome.IS, 2)
    assert found.conflicts == ["An earlier re-run by the same party and detector version said otherwise: AHV-0000001."]
    # Another version of the detector is another measurement.
    assert not assess([IS], [rerun(1, verdict=Verdict.NOT_REPRODUCED), rerun(2, detector_version=2)]).conflicts


def test_the_same_head_on_another_revision_is_another_result() -> None:
    found = assess([IS], [rerun(1), rerun(2, measured_on="lab--small@2", verdict=Verdict.NOT_REPRODUCED)])
    assert found.outcome is Outcome.CONFLICTING


def test_an_invalidated_re_run_is_listed_and_says_nothing() -> None:
    found = assess([IS], [rerun(1), rerun(2, maturity=Maturity.FAULTY, verdict=Verdict.NOT_REPRODUCED)])
    assert said(found) == (Outcome.IS, 2)
    assert (len(found.reruns), found.n_counted) == (2, 1)
    assert said(assess([IS], [rerun(1, maturity=Maturity.FAULTY)])) == (Outcome.UNTESTED, 0)


def test_an_experimental_detector_is_heard_and_lifts_nothing() -> None:
    found = assess([IS], [rerun(1, maturity=Maturity.EXPERIMENTAL, has_cause=True)])
    assert said(found) == (Outcome.IS, 0)
    assert found.missing is not None
    assert "induction version 1 is experimental" in found.missing
    mixed = [rerun(1, maturity=Maturity.EXPERIMENTAL, has_cause=True), rerun(2, detector="copying")]
    # Cause was seen by the experimental one alone.
    assert said(assess([IS], mixed)) == (Outcome.IS, 2)


def test_each_grade_asks_for_the_next_kind_of_evidence() -> None:
    assert said(assess([IS], [rerun(1)])) == (Outcome.IS, 2)
    with_cause = assess([IS], [rerun(1, has_cause=True)])
    assert said(with_cause) == (Outcome.IS, 3)
    assert with_cause.missing == (
        "Grade 4 asks for the same on ordinary text, where it was not measured and for 2 independent parties that sign "
        "their records, of which there are 0."
    )
    broad: dict[str, Any] = {"has_cause": True, "broad_verdict": Verdict.REPRODUCED, "broad_share": 0.4}
    one_party = [rerun(1, signer="a", **broad), rerun(2, signer="a", measured_on="lab--small@2", **broad)]
    assert said(assess([IS], one_party)) == (Outcome.IS, 3)
    unsigned = [rerun(1, signer="a", **broad), rerun(2, **broad)]
    assert said(assess([IS], unsigned)) == (Outcome.IS, 3)
    two_parties = assess([IS], [rerun(1, signer="a", **broad), rerun(2, signer="b", **broad)])
    assert (said(two_parties), two_parties.missing) == ((Outcome.IS, 4), None)


def test_narrow_and_broad_readings_have_verdicts_of_their_own() -> None:
    found = assess([IS], [rerun(1, has_cause=True, broad_verdict=Verdict.NOT_REPRODUCED, broad_share=0.02)])
    assert (found.narrow.verdict, found.broad.verdict, found.broad_share) == (
        Verdict.REPRODUCED,
        Verdict.NOT_REPRODUCED,
        0.02,
    )
    assert said(found) == (Outcome.IS, 3)
    assert found.conflicts == ["It holds on prompts made for it, and on ordinary text AHV-0000001 does not find it."]


def test_the_order_of_parties_changes_nothing() -> None:
    reruns = [rerun(1, signer="a"), rerun(2, signer="b", verdict=Verdict.PARTIALLY_REPRODUCED)]
    assert said(assess([IS], reruns)) == said(assess([IS], reruns[::-1])) == (Outcome.IS_IN_PART, 1)
