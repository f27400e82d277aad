"""A record in, a verdict out: pure, versioned, and the one place where a line is drawn.

Two rules stand side by side. The *published rule* is the source's own line on the score, where it drew one that can be
applied. The *null rule* is ours and the same for every detector: the head beats its null model after correction over
all heads, and by enough to matter. A verdict names which of them were met; neither hides the other.

A change of anything here that can change a verdict is a new PROTOCOL_VERSION.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from catalog.vocabulary import Polarity, Verdict

Grid = npt.NDArray[np.float64]

PROTOCOL_VERSION = "2"

ALPHA = 0.05
"""Expected share of false findings among the heads that beat their null model."""

MIN_EXCESS = 0.2
"""Least share of what the baselines leave over that a head must have, at the interval's lower bound.

Significance alone is no finding: with 32 prompts a head that gives the targets 0.01 more than other keys is significant
and explains nothing. The number lies between what must not be found and what must be. Of the decoys planted by hand,
one that spreads its attention over the last eight tokens reaches 0.17 as a previous-token head and random queries reach
0.07; randomly initialised language models with sharp patterns reach 0.09, and 0.14 where a window of six tokens hides
all other keys. The weakest head planted, a previous-token head of mass 0.3, has 0.27, all others have more than 0.9
(`tests/ingest/test_scan_planted.py`, `test_scan_random.py`).
"""

SILENT_SHARE = 0.01
"""A head that writes less than this part of the mean of its layer's heads is silent.

The pattern of such a head may be perfect, and nothing later in the language model can see it. Trained heads differ in
what they write by a factor of ten or so, not by a hundred; a pattern that writes nothing has a share of exactly 0.
"""

NULL_RULE = (
    f"adjusted p < {ALPHA} against the null model, and at least {MIN_EXCESS} of what chance (uniform attention, where "
    "attention is measured) and the null model leave over, at the lower end of the 95 % interval"
)


class Standing(StrEnum):
    """How a rule stands after one run."""

    MET = "met"
    UNMET = "unmet"
    OPEN = "open"
    """The interval contains the line, or the run was too small to tell."""


@dataclass(frozen=True)
class GateOutcome:
    """Whether the behaviour that a head type serves is there at all."""

    passed: bool
    metric: str
    value: float
    required: float


@dataclass(frozen=True)
class HeadRecord:
    """What one run says of one head and one head type."""

    polarity: Polarity
    is_live: bool
    """Perturbing the head changed the logits, or the head writes nothing by its weights."""
    gate: GateOutcome | None
    score: float | None
    score_absent_reason: str | None
    is_failure: bool
    """The score is absent because something broke, not because the prompts held nothing to count."""
    chance: float | None
    ci_low: float | None
    ci_high: float | None
    excess_low: float | None
    """Interval of (score − baseline) / (1 − baseline), the baseline being the larger of chance and null model."""
    excess_high: float | None
    p_adjusted: float | None
    p_attainable: float | None
    """The adjusted p that a single perfect head would get in this run."""
    output_share: float | None
    """What the head writes (norm of z @ W_O), as a multiple of the mean of its layer's heads."""
    published_threshold: float | None
    """The source's line, where there is one that applies to this score."""


@dataclass(frozen=True)
class Judgement:
    """A verdict with everything that led to it."""

    verdict: Verdict
    reasons: list[str]
    published_rule_met: bool | None
    """None where no line was published, or the interval contains it."""
    null_rule_met: bool | None
    grade: int


def null_rule(record: HeadRecord) -> Standing:
    """How our own rule stands; a rule that could not be computed is open."""
    if record.p_adjusted is None or record.excess_low is None or record.excess_high is None:
        return Standing.OPEN
    if record.excess_high < MIN_EXCESS:
        return Standing.UNMET
    if record.p_adjusted >= ALPHA:
        # With too few prompts no p can be small: that says nothing about the head.
        is_too_small = record.p_attainable is not None and record.p_attainable >= ALPHA
        return Standing.OPEN if is_too_small else Standing.UNMET
    return Standing.MET if record.excess_low >= MIN_EXCESS else Standing.OPEN


def may_meet_null_rule(p_adjusted: Grid, excess_low: Grid) -> npt.NDArray[np.bool_]:
    """Heads that the null rule can be met by, all at once: large models have thousands, and few are worth a record."""
    found: npt.NDArray[np.bool_] = (p_adjusted < ALPHA) & (excess_low >= MIN_EXCESS)
    return found


def published_rule(record: HeadRecord) -> Standing | None:
    """How the source's rule stands; None where there is none to apply."""
    if record.published_threshold is None:
        return None
    if record.ci_low is None or record.ci_high is None:
        return Standing.OPEN
    if record.ci_low >= record.published_threshold:
        return Standing.MET
    return Standing.UNMET if record.ci_high < record.published_threshold else Standing.OPEN


def is_silent(record: HeadRecord) -> bool:
    """Whether the head writes next to nothing."""
    return record.output_share is not None and record.output_share < SILENT_SHARE


def is_positive(record: HeadRecord) -> bool:
    """Whether a scan lists the head: it is live, it meets the null rule, and it writes something."""
    return record.is_live and record.score is not None and null_rule(record) is Standing.MET and not is_silent(record)


def judge(record: HeadRecord) -> Judgement:
    """The verdict on a claim about this head.

    In this order: a head that cannot be perturbed is an error of the measurement; without the behaviour the claim does
    not apply; without a score there is nothing to judge; then the rules decide. All rules met means that the head is
    of the type, none that it is not, one of two that it is in part, and an open rule that this run cannot tell. A
    claim that a head is NOT of a type is judged the other way round.
    """
    published, null = published_rule(record), null_rule(record)
    early = _before_the_rules(record)
    if early is not None:
        verdict, reason = early
        return Judgement(verdict, [reason], _met(published), _met(null) if record.score is not None else None, 0)
    reasons = [_say_null(record, null), *([] if published is None else [_say_published(record, published)])]
    if is_silent(record):
        found = Verdict.NOT_REPRODUCED
        reasons.insert(
            0, f"The head is silent: it writes {record.output_share:.2g} of what its layer's heads write on average."
        )
    else:
        found = _weigh([null] if published is None else [null, published])
    verdict = found if record.polarity is Polarity.IS else _mirrored(found)
    grade = {Verdict.REPRODUCED: 2, Verdict.PARTIALLY_REPRODUCED: 1}.get(verdict, 0)
    if grade:
        reasons.append(
            "One kind of evidence was measured, without a causal arm or a second kind of text, so the grade ends at 2."
        )
    return Judgement(verdict, reasons, _met(published), _met(null), grade)


def _before_the_rules(record: HeadRecord) -> tuple[Verdict, str] | None:
    if not record.is_live:
        return Verdict.ERROR, "Perturbing heads of this language model did not change its logits: nothing was measured."
    reason = record.score_absent_reason or "no score was computed"
    if record.score is None and record.is_failure:
        return Verdict.ERROR, reason
    if record.gate is not None and not record.gate.passed:
        # Without the behaviour there may be no score either; then the gate is the reason for both.
        gate = record.gate
        return (
            Verdict.NOT_APPLICABLE,
            f"The behaviour is not there: {gate.metric} is {gate.value:.3g}, {gate.required:.3g} is needed.",
        )
    return None if record.score is not None else (Verdict.INCONCLUSIVE, reason)


def _weigh(rules: list[Standing]) -> Verdict:
    if Standing.OPEN in rules:
        return Verdict.INCONCLUSIVE
    n_met = rules.count(Standing.MET)
    if n_met == len(rules):
        return Verdict.REPRODUCED
    return Verdict.PARTIALLY_REPRODUCED if n_met else Verdict.NOT_REPRODUCED


def _mirrored(found: Verdict) -> Verdict:
    other_way = {Verdict.REPRODUCED: Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED: Verdict.REPRODUCED}
    return other_way.get(found, found)


def _met(standing: Standing | None) -> bool | None:
    return None if standing in (None, Standing.OPEN) else standing is Standing.MET


def _say_null(record: HeadRecord, standing: Standing) -> str:
    if record.p_adjusted is None or record.excess_low is None or record.excess_high is None:
        return "Null rule open: no statistics were computed."
    share = f"{record.excess_low:.3f} to {record.excess_high:.3f} of what the baselines leave over"
    return f"Null rule {standing}: {share}, adjusted p {record.p_adjusted:.2g}."


def _say_published(record: HeadRecord, standing: Standing) -> str:
    if record.ci_low is None or record.ci_high is None:
        return f"Published rule open: no interval to compare with the line at {record.published_threshold:g}."
    interval = f"the score's interval {record.ci_low:.3f} to {record.ci_high:.3f}"
    where = {Standing.MET: "reaches", Standing.UNMET: "stays below", Standing.OPEN: "contains"}[standing]
    return f"Published rule {standing}: {interval} {where} the line at {record.published_threshold:g}."
