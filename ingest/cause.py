"""Cause: what one run says of a head's effect on a behaviour, and the rule that decides whether it has one.

Effects are shares: of what corrupted words cost a task, or of the intact value of a detector's own behaviour. All
numbers are signed so that a positive one speaks for the head type. Pure, as `verdict.py` is.
"""

from dataclasses import dataclass

from ingest.rule import ALPHA, Standing

MIN_EFFECT = 0.05
"""Least share of a behaviour that a head must account for, at the interval's lower bound, where its type names none.

An effect can be significant and explain nothing. A head with a twentieth is one of at most twenty that share a
behaviour, if their effects add up. Wang et al. 2022, arXiv:2211.00593, kept backup name movers above 2 % of a logit
difference and call their line arbitrary; where a source counts such heads its type has a line of its own.
"""

CAUSAL_RULE = (
    f"effect of at least the type's least share ({MIN_EFFECT} unless it names another) at the lower end of the 95 % "
    f"interval, adjusted p < {ALPHA} against the same head's effect on an off-task control, more than the middle head "
    "of its layer, and the same sign with every template of the prompts"
)


MOST_OF_GROUP = 0.5
"""Share of a behaviour that is enough for a group of any size: half. Wu et al. 2024, arXiv:2404.15574, section 4.1,
mask retrieval heads together: fewer than half of the needles are found then, and most with random heads masked."""

GROUP_RULE = (
    "joint effect of at least the type's least share for each head of the group, or half of the behaviour if that is "
    f"less, at the lower end of the 95 % interval; adjusted p < {ALPHA} against the group's effect on an off-task "
    "control; more than the middle one of the random groups, which are as large, hold none of its heads and are of the "
    "same layers or, where these leave fewer than 20 groups, of those next to them; a rank among them with "
    f"p < {ALPHA}; the same sign by resample ablation, and with every template of the prompts"
)


def least_of_group(min_effect: float, n_heads: int) -> float:
    """Least share of a behaviour that a group must account for: its heads that of a single one each, on average.

    So a group is no way around the least share: ten heads that do next to nothing do not become one finding.
    """
    return min(MOST_OF_GROUP, min_effect * n_heads)


@dataclass(frozen=True)
class OtherEffect:
    """The effect of the same head by another kind of ablation, with its interval."""

    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class RandomGroups:
    """How a group of heads stands among random groups of as many heads."""

    n_heads: int
    """Of the group, and of each random one."""
    n_groups: int
    """Different random groups that were ablated."""
    n_as_large: int
    """Of them, those whose mean effect is at least that of the group."""

    @property
    def p(self) -> float:
        """Of the group's rank: the group counts as one of them."""
        return (1 + self.n_as_large) / (1 + self.n_groups)

    @property
    def p_attainable(self) -> float:
        """The p of a group that does more than all of them."""
        return 1 / (1 + self.n_groups)


@dataclass(frozen=True)
class Cause:
    """What a head does to a behaviour, or several heads together."""

    behaviour: str
    """The task, or the behaviour that a detector of patterns names."""
    intervention: str
    """What was done to the head: mean ablation, for one."""
    is_score: bool
    """Whether this effect is the detector's score itself; False where it stands beside a score of another kind."""
    min_effect: float
    effect: float
    low: float | None
    """95 % interval over prompts; None where no statistics were computed."""
    high: float | None
    control: float | None
    """Size of the head's effect on the off-task control, as a share of the same behaviour; mean over prompts."""
    p_adjusted: float | None
    p_attainable: float | None
    """The adjusted p that a single perfect head would get in this run."""
    above_layer_low: float | None
    """Interval of the effect minus that of the middle head among the others of its layer; None where there are none.
    Of a group: minus that of the middle one of the random groups."""
    above_layer_high: float | None
    n_templates: int
    """Templates that made the prompts; 1 where prompts have none."""
    least_template: float | None
    """Effect with the template on which it is least."""
    has_one_sign: bool
    """Whether the mean effect with every template has the same sign as the whole."""
    resample: OtherEffect | None = None
    """By resample ablation; None where only one intervention was made."""
    group: RandomGroups | None = None
    """Where the effect is that of several heads together; since protocol version 4."""


def causal_rule(cause: Cause) -> Standing:
    """How the rule of cause stands; what could not be computed leaves it open."""
    if cause.low is None or cause.high is None or cause.p_adjusted is None:
        return Standing.OPEN
    if cause.high < cause.min_effect:
        return Standing.UNMET
    parts = [
        _significant(cause.p_adjusted, cause.p_attainable),
        _above_layer(cause),
        _confirmed(cause.resample),
        _above_random_groups(cause.group),
    ]
    if Standing.UNMET in parts:
        return Standing.UNMET
    return Standing.MET if cause.low >= cause.min_effect and Standing.OPEN not in parts else Standing.OPEN


def _significant(p_adjusted: float, p_attainable: float | None) -> Standing:
    if p_adjusted < ALPHA:
        return Standing.MET
    # With too few prompts no p can be small: that says nothing about the head.
    return Standing.OPEN if p_attainable is not None and p_attainable >= ALPHA else Standing.UNMET


def _above_layer(cause: Cause) -> Standing:
    """A layer of one head holds no other to compare with: the rule rests on the rest, and the grade says so.

    A group that no random group can be drawn for is compared with nothing at all, which leaves its rule open.
    """
    if cause.above_layer_low is None or cause.above_layer_high is None:
        return Standing.MET if cause.group is None else Standing.OPEN
    if cause.above_layer_low > 0:
        return Standing.MET
    return Standing.UNMET if cause.above_layer_high <= 0 else Standing.OPEN


def _above_random_groups(group: RandomGroups | None) -> Standing:
    if group is None or group.p < ALPHA:
        return Standing.MET
    # Where few random groups exist no rank is rare: that says nothing about the heads.
    return Standing.OPEN if group.p_attainable >= ALPHA else Standing.UNMET


def _confirmed(other: OtherEffect | None) -> Standing:
    """Whether another kind of ablation shows an effect of the same sign."""
    if other is None or other.low > 0:
        return Standing.MET
    return Standing.UNMET if other.high <= 0 else Standing.OPEN


def say_cause(cause: Cause, standing: Standing) -> str:
    """The standing of the rule and its numbers, as one sentence."""
    if cause.low is None or cause.high is None or cause.p_adjusted is None:
        return (
            f"Causal rule open: the effect on {cause.behaviour} is {cause.effect:.3f}, and no statistics were computed."
        )
    parts = [
        f"effect on {cause.behaviour} {cause.low:.3f} to {cause.high:.3f} by {cause.intervention}, where "
        f"{cause.min_effect:g} is asked for",
        f"adjusted p {cause.p_adjusted:.2g} against an off-task control of {cause.control or 0:.3f}",
        _say_layer(cause),
    ]
    if cause.resample is not None:
        parts.append(f"{cause.resample.low:.3f} to {cause.resample.high:.3f} by resample ablation")
    if cause.n_templates > 1 and cause.least_template is not None:
        parts.append(f"the least of {cause.n_templates} templates gives {cause.least_template:.3f}")
    return f"Causal rule {standing}: {'; '.join(parts)}."


def _say_layer(cause: Cause) -> str:
    if cause.group is not None:
        return _say_random_groups(cause, cause.group)
    if cause.above_layer_low is None or cause.above_layer_high is None:
        return "its layer holds no other head to compare with"
    return f"{cause.above_layer_low:.3f} to {cause.above_layer_high:.3f} more than the middle head of its layer"


def _say_random_groups(cause: Cause, group: RandomGroups) -> str:
    if cause.above_layer_low is None or cause.above_layer_high is None:
        return f"no random group of {group.n_heads} other heads can be drawn"
    return (
        f"{cause.above_layer_low:.3f} to {cause.above_layer_high:.3f} more than the middle one of {group.n_groups} "
        f"random groups of {group.n_heads} heads, of which {group.n_as_large} do as much"
    )
