"""What a detector measures, in its own words, and how often it errs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingest.cause import CAUSAL_RULE
from ingest.detector import Detector, rule_of
from ingest.evidence import Evidence
from ingest.report.markup import Content, Markup, element, joined
from ingest.scan_result import DetectorResult

ErrorRates = Mapping[str, Sequence[Mapping[str, Any]] | None]
"""Measured error rates of each detector, as `headcat detectors` lists them."""


def methods(each: DetectorResult, error_rates: ErrorRates) -> Markup:
    """The methods section of a detector."""
    detector = each.detector
    facts: list[tuple[str, Content]] = [
        ("Metric", element("code", detector.metric)),
        ("Kind of evidence", detector.evidence.value.replace("_", " ")),
        ("Prompts", "none: the weights are read" if detector.prompts is None else _prompts(each)),
        ("Chance", _chance(each)),
        ("Our rule", _rule(detector)),
        ("Cause", _arm(each)),
        ("Published rule", published(each)),
        ("Error rates", _rates(error_rates.get(detector.name))),
        ("Tier, version", f"{detector.tier.value}, {detector.version}"),
    ]
    if detector.paper:
        url = f"https://arxiv.org/abs/{detector.paper}"
        facts.append(("Paper", element("a", f"arXiv:{detector.paper}", href=url)))
    return element(
        "section",
        element("h3", "What it measures"),
        element("div", text(detector.methods_text), class_="prose"),
        element("dl", [joined(element("dt", name), element("dd", said)) for name, said in facts]),
        class_="methods",
    )


def _rule(detector: Detector) -> str:
    if detector.evidence is Evidence.MOMENTS:
        return "none: this is a metric, and no claim"
    return rule_of(detector)


def _arm(each: DetectorResult) -> str:
    """What removing heads was to change, and whether it could be measured."""
    arm = each.arm
    if arm is None:
        return "no behaviour is named for this type, or no statistics were computed"
    if arm.mean is None:
        return f"{arm.description}. No effects: {arm.absent_reason}"
    against = "; heads of this type work against it" if arm.sign < 0 else ""
    return (
        f"effect of mean ablation on {arm.description}, over its intact value of {arm.intact:.3g}, {arm.n_prompts} "
        f"prompts{against}. Cause is there when: {CAUSAL_RULE}; least share of this type: {each.detector.min_effect:g}"
    )


def text(docstring: str) -> Markup:
    """A docstring as paragraphs; `Returns:` and its like become headings of their paragraphs."""
    paragraphs: list[Markup] = []
    for paragraph in docstring.split("\n\n"):
        block = paragraph
        first, _, rest = block.partition("\n")
        if first.endswith(":") and first.split(" ")[0].rstrip(":").istitle() and rest.startswith("    "):
            paragraphs.append(element("h4", first.rstrip(":")))
            block = rest
        words = " ".join(line.strip() for line in block.splitlines())
        parts = words.split("`")
        paragraphs.append(
            element("p", [element("code", part) if place % 2 else part for place, part in enumerate(parts)])
        )
    return joined(paragraphs)


def published(each: DetectorResult) -> str:
    """The source's own line, or that there is none."""
    rule = each.detector.rule
    if rule is None:
        return "The source drew no line."
    used = "" if rule.is_applicable else f" Not applied here: {rule.why_not}."
    return f"{rule.text} ({rule.source}).{used}"


def _prompts(each: DetectorResult) -> str:
    assert each.detector.prompts is not None, "asked for where there are prompts"
    return f"{each.detector.prompts.name}: {each.detector.prompts.description}"


def _chance(each: DetectorResult) -> str:
    if each.scores is None:
        return "not computed"
    units = f"{each.scores.n_prompts} units, {each.scores.n_counted:,} observations of each head"
    chance = each.scores.head_chance
    differs = "" if chance is None else f", from {np.nanmin(chance):.4f} to {np.nanmax(chance):.4f} by head"
    return f"{each.scores.chance:.4f}{differs} on exactly these inputs ({units})"


def _rates(rates: Sequence[Mapping[str, Any]] | None) -> str:
    if not rates:
        return "none recorded in the catalog at hand"
    return "; ".join(_rate(rate) for rate in rates)


def _rate(rate: Mapping[str, Any]) -> str:
    recall = "" if rate["recall"] is None else f"recall {rate['recall']:.3f} of {rate['n_positive']}, "
    false = f"false positives {rate['false_positive_rate']:.4f} of {rate['n_negative']}"
    return f"{rate['calibration_set']}: {recall}{false}"
