"""Evidence grades: how much stands behind a verdict, and what is missing for the next grade.

0 claimed, 1 in part, 2 a score with controls, 3 with cause, 4 also on ordinary text and by independent parties. One run
reaches 3 at most.
"""

from catalog.vocabulary import Polarity, Verdict
from ingest.cause import Cause, causal_rule
from ingest.rule import Standing

_CLAIMED = {Verdict.REPRODUCED: 2, Verdict.PARTIALLY_REPRODUCED: 1}
_NO_ARM = "This detector has no causal arm."


def grade_of(
    verdict: Verdict, polarity: Polarity, cause: Cause | None, why_no_cause: str | None
) -> tuple[int, str | None]:
    """Grade of a verdict by protocol version 3, and the sentence that explains it; none for grade 0."""
    if verdict is Verdict.PARTIALLY_REPRODUCED:
        return 1, "Grade 1: the claim holds in part; grade 2 asks for all of it."
    if verdict is not Verdict.REPRODUCED:
        return 0, None
    missing = _missing_for_3(polarity, cause, why_no_cause)
    if missing is not None:
        return 2, f"Grade 2: reproduced with controls. {missing}"
    return 3, "Grade 3: reproduced with cause. Grade 4 asks for the same on ordinary text and by independent parties."


def _missing_for_3(polarity: Polarity, cause: Cause | None, why_no_cause: str | None) -> str | None:
    if polarity is Polarity.IS_NOT:
        return "Grade 3 is for claims that a head is of a type, with a measured effect."
    if cause is None:
        return f"Grade 3 asks for a cause. {why_no_cause or _NO_ARM}"
    standing = causal_rule(cause)
    if standing is not Standing.MET or not cause.has_one_sign:
        found = "cannot be told from this run" if standing is Standing.OPEN else "was not found"
        return f"Grade 3 asks for a cause, and an effect on {cause.behaviour} {found}."
    if cause.above_layer_low is None:
        return "Grade 3 asks for a comparison with other heads of the layer, which has no other."
    return None


def grade_without_cause(verdict: Verdict) -> tuple[int, str | None]:
    """Grade by protocol versions 1 and 2, which knew no cause."""
    grade = _CLAIMED.get(verdict, 0)
    said = "One kind of evidence was measured, without a causal arm or a second kind of text, so the grade ends at 2."
    return grade, said if grade else None
