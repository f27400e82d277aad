"""The broad reading of a claim: does the head do the same on ordinary text, and how much of its attention is that.

A detector's own prompts leave a head little else to do; a label that holds there may say little of what the head does
elsewhere. So the same targets are measured on ordinary text. Two numbers come of it: the *score* where the label has
something to say (queries with a target), by which the broad reading is judged, and the *share* of all that the head
attends to, queries without a target included, which is shown beside it and judges nothing.

Pure. A change here that can change a broad verdict is a new RULE_VERSION.
"""

from dataclasses import dataclass

from catalog.vocabulary import Polarity, Verdict
from ingest.errors import UnknownProtocolError
from ingest.verdict import MIN_EXCESS

RULE_VERSION = "1"
BROAD_RULE = (
    f"on ordinary text, at least {MIN_EXCESS} of what chance (uniform attention) and the null model leave over, at the "
    "lower end of the 95 % interval"
)


@dataclass(frozen=True)
class Breadth:
    """What one run says of one head and one head type on ordinary text."""

    polarity: Polarity
    is_live: bool
    score: float | None
    absent_reason: str | None
    """Why there is no score."""
    is_applicable: bool
    """False where ordinary text holds nothing that the label speaks of, or nothing marks it there."""
    chance: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    excess_low: float | None = None
    excess_high: float | None = None
    share: float | None = None
    """Of all attention of the head, from every query, the part on the label's targets."""
    share_chance: float | None = None
    """The same for uniform attention."""
    n_counted: int | None = None
    """Queries that have a target."""


@dataclass(frozen=True)
class BroadJudgement:
    """A verdict on the broad reading, with what led to it."""

    verdict: Verdict | None
    """None where breadth is not measured for this kind of detector."""
    reason: str


def judge_breadth(found: Breadth, version: str = RULE_VERSION) -> BroadJudgement:
    """The verdict on the broad reading of a claim.

    Raises:
        UnknownProtocolError: There is no such version of the rule.
    """
    if version != RULE_VERSION:
        raise UnknownProtocolError(version, (RULE_VERSION,))
    if not found.is_applicable:
        return BroadJudgement(None, f"Not measured: {found.absent_reason}")
    if not found.is_live:
        return BroadJudgement(Verdict.ERROR, "Perturbing heads of this language model did not change its logits.")
    if found.score is None or found.excess_low is None or found.excess_high is None:
        return BroadJudgement(Verdict.INCONCLUSIVE, found.absent_reason or "No statistics were computed.")
    verdict = _of_interval(found.excess_low, found.excess_high)
    share = "" if found.share is None else f"; of all its attention the label names {found.share:.1%}"
    reason = (
        f"On ordinary text {found.excess_low:.3f} to {found.excess_high:.3f} of what the baselines leave over{share}."
    )
    return BroadJudgement(verdict if found.polarity is Polarity.IS else _mirrored(verdict), reason)


def _of_interval(low: float, high: float) -> Verdict:
    if low >= MIN_EXCESS:
        return Verdict.REPRODUCED
    return Verdict.NOT_REPRODUCED if high < MIN_EXCESS else Verdict.INCONCLUSIVE


def _mirrored(verdict: Verdict) -> Verdict:
    other_way = {Verdict.REPRODUCED: Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED: Verdict.REPRODUCED}
    return other_way.get(verdict, verdict)
