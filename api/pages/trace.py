"""From a claim to its verdict, one step after the other, as the latest re-run that counts went through them. Pure.

What a step says is read from the frozen record, so that an old verification shows what it measured then: a step that
its run did not take says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.models import Detector, Verification
from catalog.vocabulary import Maturity

_STATED_BY_RUN = "That run did not measure it."


class StepState(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"
    ABSENT = "not measured"
    STATED = "stated"
    """Nothing to pass: a fact about the run."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the protocol, and how it ended."""

    slug: str
    title: str
    state: StepState
    said: str


def trace(check: Verification) -> list[Step]:
    """The steps of one re-run; its detector is loaded with error rates and decisions."""
    record: Mapping[str, Any] = check.record or {}
    measured = record.get("measured") or {}
    return [
        _gate(measured.get("gate")),
        _liveness(measured),
        _controls(check.detector),
        _chance(check),
        _null(check, record.get("adjustments") or {}),
        _held_out(record, check),
        _interval(check),
        _cause(measured, check.reasons),
        _breadth(record.get("breadth")),
        _numerics(check),
    ]


def _gate(gate: Mapping[str, Any] | None) -> Step:
    if gate is None:
        return Step("gate", "Gate", StepState.STATED, "None: this detector asks for no behaviour to be there first.")
    state = StepState.PASSED if gate["passed"] else StepState.FAILED
    said = f"{gate['metric']} is {gate['value']:.3g}, {gate['required']:.3g} is needed for the behaviour to be there."
    return Step("gate", "Gate", state, said)


def _liveness(measured: Mapping[str, Any]) -> Step:
    is_live, share = measured.get("is_live"), measured.get("output_share")
    if is_live is None:
        return Step("liveness", "Liveness", StepState.ABSENT, _STATED_BY_RUN)
    said = "Perturbing heads changed the logits." if is_live else "Perturbing heads changed nothing."
    if share is not None:
        said += f" This head writes {share:.2g} of what its layer's heads write on average."
    return Step("liveness", "Liveness", StepState.PASSED if is_live else StepState.FAILED, said)


def _controls(detector: Detector) -> Step:
    rates = [
        f"{rate.calibration_set.replace('_', ' ')}: "
        + ("" if rate.recall is None else f"{rate.recall:.1%} of {rate.n_positive} heads of the type found, ")
        + f"{rate.false_positive_rate:.2%} of {rate.n_negative:,} others taken for one"
        for rate in detector.error_rates
    ]
    said = (
        f"Version {detector.version} is {detector.maturity}. {'; '.join(rates) or 'Its error rates were not measured'}."
    )
    state = {Maturity.CALIBRATED: StepState.PASSED, Maturity.FAULTY: StepState.FAILED}.get(
        Maturity(detector.maturity), StepState.OPEN
    )
    return Step("controls", "Controls", state, said)


def _chance(check: Verification) -> Step:
    if check.score is None:
        return Step("chance", "Score and chance", StepState.ABSENT, f"No score: {check.score_absent_reason}")
    chance = "not computed" if check.chance is None else f"{check.chance:.4g}"
    said = f"{check.score:.4g} by {check.detector.metric.name}; a head that does nothing of the kind gets {chance}."
    return Step("chance", "Score and chance", StepState.STATED, said)


def _null(check: Verification, adjustments: Mapping[str, Any]) -> Step:
    if check.p_adjusted is None:
        return Step("null", "Null model and multiplicity", StepState.ABSENT, "No p was computed.")
    how = adjustments.get("score") or {}
    over = f" over {how['n_tests']:,} tests of the run" if how.get("n_tests") else ""
    p = "" if check.p_value is None else f"p {check.p_value:.2g} against the head's own null model, "
    state = {True: StepState.PASSED, False: StepState.FAILED, None: StepState.OPEN}[check.null_rule_met]
    said = f"{p}{check.p_adjusted:.2g} after Benjamini–Hochberg{over}. Our rule is {_met(check.null_rule_met)}."
    return Step("null", "Null model and multiplicity", state, said)


def _met(is_met: bool | None) -> str:
    return {True: "met", False: "not met", None: "open"}[is_met]


def _held_out(record: Mapping[str, Any], check: Verification) -> Step:
    seed = (record.get("provenance") or {}).get("seed")
    prompts = "prompts of its own" if seed is None else f"prompts of seed {seed}"
    frozen = {
        "confirmatory": "; settings were frozen before it began, so that it is confirmatory",
        "exploratory": "; settings were not frozen before, so that it is exploratory",
    }.get(check.standing or "", "")
    said = f"The claim named the head; the run chose none and measured it on {prompts}{frozen}."
    return Step("held-out", "Held-out", StepState.STATED, said)


def _interval(check: Verification) -> Step:
    if check.ci_low is None or check.ci_high is None:
        return Step("interval", "Interval", StepState.ABSENT, "No interval was computed.")
    said = f"{check.ci_low:.4g} to {check.ci_high:.4g}, 95 % bootstrap over prompts."
    if check.published_rule is not None:
        said += f" The source's rule, {check.published_rule}, is {_met(check.published_rule_met)}."
    return Step("interval", "Interval", StepState.STATED, said)


def _cause(measured: Mapping[str, Any], reasons: Sequence[str]) -> Step:
    cause = measured.get("cause")
    if cause is None:
        reason = measured.get("cause_absent_reason") or "This detector has no causal arm."
        return Step("cause", "Cause", StepState.ABSENT, reason)
    # The record says how its rule stood; the rule itself is not applied here a second time.
    said = next((reason for reason in reasons if reason.startswith(_CAUSAL)), None)
    if said is None:
        return Step(
            "cause", "Cause", StepState.OPEN, f"An effect of {cause['effect']:.3f}, which no rule was applied to."
        )
    standing = said.removeprefix(_CAUSAL).partition(":")[0]
    state = {"met": StepState.PASSED, "unmet": StepState.FAILED}.get(standing, StepState.OPEN)
    return Step("cause", "Cause", state, said)


_CAUSAL = "Causal rule "


def _breadth(breadth: Mapping[str, Any] | None) -> Step:
    if breadth is None:
        return Step("breadth", "Breadth", StepState.ABSENT, _STATED_BY_RUN)
    verdict = breadth["judgement"]["verdict"]
    if verdict is None:
        return Step("breadth", "Breadth", StepState.ABSENT, f"{breadth['judgement']['reason'].rstrip('.')}.")
    state = {"reproduced": StepState.PASSED, "not_reproduced": StepState.FAILED}.get(verdict, StepState.OPEN)
    said = f"The broad reading is {verdict.replace('_', ' ')}. {breadth['judgement']['reason']}"
    return Step("breadth", "Breadth", state, said)


def _numerics(check: Verification) -> Step:
    run = check.scan_run
    said = (
        f"{run.dtype} on {run.device}, {run.attention_path.replace('_', ' ')}; headcat {run.headcat_version}, torch "
        f"{run.torch_version}, transformers {run.transformers_version}; weights {run.weights_sha256[:12]}…, prompts "
        f"{run.prompts_sha256[:12]}…, code {run.code_sha256[:12]}…"
    )
    return Step("numerics", "Numerics", StepState.STATED, said)
