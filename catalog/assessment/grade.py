"""The evidence grade of what is said of a head, from all re-runs together, and what is missing for the next. Pure.

0 claimed, 1 in part, 2 a score with controls, 3 with cause, 4 also on ordinary text and by independent parties. Only
re-runs by calibrated detectors lift a grade. Denials are graded like claims, up to 2: an effect can be measured of a
head that is of a type only.
"""

from collections.abc import Iterable, Sequence

from catalog.assessment.evidence import RerunEvidence
from catalog.assessment.reading import Reading
from catalog.vocabulary import Outcome, Verdict

N_PARTIES = 2
"""Signing keys that must have reproduced the same with cause, each by itself, for grade 4."""

_NOTHING_TO_GRADE = {
    Outcome.UNTESTED: "Grade 2 asks for a re-run that counts, and there is none.",
    Outcome.CONFLICTING: "Grade 1 asks for an end of the conflict: what contradicts each other is listed.",
    Outcome.UNDECIDED: "Grade 2 asks for a re-run that can tell; those there are could not.",
}


def grade_of(outcome: Outcome, reruns: Sequence[RerunEvidence], broad: Reading) -> tuple[int, str | None]:
    """Grade, and the sentence that says what the next one asks for; none at grade 4.

    Args:
        outcome: What claims and re-runs say together.
        reruns: Those that count now.
        broad: The claim on ordinary text.
    """
    if outcome in _NOTHING_TO_GRADE:
        return 0, _NOTHING_TO_GRADE[outcome]
    lifting = [each for each in reruns if each.can_lift]
    if not lifting:
        return 0, f"Grade 2 asks for a calibrated detector: {_named(reruns)} is experimental and cannot lift an entry."
    if outcome is Outcome.IS_IN_PART:
        return 1, "Grade 2 asks for all of the claim; it was reproduced in part."
    agreeing = _says(lifting, Verdict.REPRODUCED if outcome is Outcome.IS else Verdict.NOT_REPRODUCED)
    if not agreeing:
        return 0, "Grade 2 asks for a calibrated detector that finds the same."
    if outcome is Outcome.IS_NOT:
        return 2, "Grade 3 asks for a measured effect, which only a head that is of the type can have."
    return _of_positive(agreeing, broad)


def _of_positive(agreeing: list[RerunEvidence], broad: Reading) -> tuple[int, str | None]:
    with_cause = [each for each in agreeing if each.has_cause]
    if not with_cause:
        return 2, "Grade 3 asks for a cause: an effect of ablating the head on what heads of the type are for."
    missing = []
    if broad.verdict is not Verdict.REPRODUCED:
        found = "was not measured" if broad.verdict is None else f"is {broad.verdict.value.replace('_', ' ')}"
        missing.append(f"the same on ordinary text, where it {found}")
    n_parties = len({each.signer for each in with_cause if each.signer is not None})
    if n_parties < N_PARTIES:
        missing.append(f"{N_PARTIES} independent parties that sign their records, of which there are {n_parties}")
    return (3, f"Grade 4 asks for {' and for '.join(missing)}.") if missing else (4, None)


def _says(reruns: Iterable[RerunEvidence], verdict: Verdict) -> list[RerunEvidence]:
    return [each for each in reruns if each.says(each.verdict) is verdict]


def _named(reruns: Iterable[RerunEvidence]) -> str:
    return " and ".join(sorted({f"{each.detector} version {each.detector_version}" for each in reruns}))
