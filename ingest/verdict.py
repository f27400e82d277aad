"""A record in, a verdict out: pure, versioned, and the one place where a line is drawn.

Two rules stand side by side. The *published rule* is the source's own line on the score, where it drew one that can be
applied. *Our rule* is the same for every detector of a kind: a score beats its null model after correction over all
heads, and by enough to matter (the null rule, here); an effect does so against an off-task control and the other heads
of its layer (the causal rule, `cause.py`). A verdict names which of them were met; neither hides the other.

A change of anything here that can change a verdict is a new PROTOCOL_VERSION, and records of earlier ones are judged as
they were:

- 1 and 2 know scores alone and end at grade 2. They differ in how the excess was computed, not in the verdict.
- 3 knows cause: types that are defined by an effect are judged by the causal rule, and a reproduced claim of any type
  whose head has an effect gets grade 3.
- 4 knows groups: a claim that several heads serve a behaviour together is judged by their joint effect, which must also
  beat random groups of as many heads. Claims about single heads are judged as by 3.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from catalog.vocabulary import Polarity, Verdict
from ingest.cause import Cause, causal_rule, say_cause
from ingest.errors import UnknownProtocolError
from ingest.grade import grade_of, grade_without_cause
from ingest.rule import ALPHA, Standing

Grid = npt.NDArray[np.float64]

PROTOCOL_VERSION = "4"
_WITHOUT_CAUSE = ("1", "2")
KNOWN_VERSIONS = (*_WITHOUT_CAUSE, "3", PROTOCOL_VERSION)
"""Records of these can be judged."""

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


@dataclass(frozen=True)
class GateOutcome:
    """Whether the behaviour that a head type serves is there at all."""

    passed: bool
    metric: str
    value: float
    required: float


@dataclass(frozen=True)
class HeadRecord:
    """What one run says of one head, or of a group of heads together, and one head type."""

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
    cause: Cause | None = None
    """What the head does to a behaviour; None where no effect was measured, and before protocol version 3."""
    cause_absent_reason: str | None = None
    """Why no effect was measured."""


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


def our_rule(record: HeadRecord) -> Standing:
    """How our rule for this kind of score stands."""
    return causal_rule(record.cause) if record.cause is not None and record.cause.is_score else null_rule(record)


def may_be_positive(p_adjusted: Grid, low: Grid, least: float) -> npt.NDArray[np.bool_]:
    """Heads that our rule can be met by, all at once: large models have thousands, and few are worth a record.

    Args:
        p_adjusted: Of every head.
        low: Lower end of the interval that the rule reads: of the excess, or of the effect.
        least: What the rule asks of it.
    """
    found: npt.NDArray[np.bool_] = (p_adjusted < ALPHA) & (low >= least)
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
    """Whether a scan lists the head: it is live, it meets our rule everywhere, and it writes something."""
    is_found = record.score is not None and our_rule(record) is Standing.MET and not _changes_sign(record)
    return record.is_live and is_found and not is_silent(record)


def _changes_sign(record: HeadRecord) -> bool:
    """Whether the score is an effect that speaks for the type with one template and against it with another."""
    return record.cause is not None and record.cause.is_score and not record.cause.has_one_sign


def judge(record: HeadRecord, version: str = PROTOCOL_VERSION) -> Judgement:
    """The verdict on a claim about this head, by one version of the protocol.

    In this order: a head that cannot be perturbed is an error of the measurement; without the behaviour the claim does
    not apply; without a score there is nothing to judge; then the rules decide. All rules met means that the head is
    of the type, none that it is not, one of two that it is in part, and an open rule that this run cannot tell. A
    claim that a head is NOT of a type is judged the other way round.

    Raises:
        UnknownProtocolError: There is no such version.
    """
    if version not in KNOWN_VERSIONS:
        raise UnknownProtocolError(version, KNOWN_VERSIONS)
    knows_cause = version not in _WITHOUT_CAUSE
    if not knows_cause:
        record = replace(record, cause=None, cause_absent_reason=None)
    published, ours = published_rule(record), our_rule(record)
    early = _before_the_rules(record)
    if early is not None:
        verdict, reason = early
        return Judgement(verdict, [reason], _met(published), _met(ours) if record.score is not None else None, 0)
    found, reasons = _weighed(record, ours, published)
    verdict = found if record.polarity is Polarity.IS else _mirrored(found)
    if knows_cause:
        grade, said = grade_of(verdict, record.polarity, record.cause, record.cause_absent_reason)
    else:
        grade, said = grade_without_cause(verdict)
    return Judgement(verdict, reasons + ([said] if said else []), _met(published), _met(ours), grade)


def _weighed(record: HeadRecord, ours: Standing, published: Standing | None) -> tuple[Verdict, list[str]]:
    """What the rules make of a head, as if it were claimed to be of the type, and why."""
    reasons = []
    cause, rules = record.cause, [ours] if published is None else [ours, published]
    found = _weigh(rules)
    if is_silent(record):
        found = Verdict.NOT_REPRODUCED
        reasons.append(
            f"The head is silent: it writes {record.output_share:.2g} of what its layer's heads write on average."
        )
    elif found is Verdict.REPRODUCED and _changes_sign(record):
        found = Verdict.PARTIALLY_REPRODUCED
        reasons.append("The effect changes its sign between templates of the prompts, so it holds for some of them.")
    if cause is None or not cause.is_score:
        reasons.append(_say_null(record, ours))
    if cause is not None:
        reasons.append(say_cause(cause, causal_rule(cause)))
    return found, reasons if published is None else [*reasons, _say_published(record, published)]


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
