"""A scan as JSON: the object that `headcat scan --json` prints.

What every reader needs stands at the top: scores, chance, intervals, adjusted p, the heads found. What explains a
number (why a score is absent, the null model's score, which offset was selected) stands under `provenance.detectors`.
"""

from typing import Any

from catalog.notation import HeadRef
from ingest.effect_record import arm_record, effect_record
from ingest.plain_numbers import grid, number
from ingest.scan_result import NOT_FINITE, DetectorResult, ScanResult


def scan_record(result: ScanResult) -> dict[str, Any]:
    """The whole object."""
    loaded = result.loaded
    return {
        "language_model": {
            "id": loaded.hub_id,
            "revision": loaded.revision,
            "n_layers": loaded.n_layers,
            "n_heads": loaded.n_heads,
            "n_kv_heads": loaded.n_kv_heads,
            "attention_layers": list(loaded.attention_layers),
            "is_causal": loaded.is_causal,
        },
        "detectors": [_detector(result, each) for each in result.detectors],
        "provenance": result.provenance
        | {
            "output_share": grid(result.output_share),
            "detectors": {each.detector.name: _details(result, each) for each in result.detectors},
        },
        "seconds": result.seconds,
    }


def _detector(result: ScanResult, each: DetectorResult) -> dict[str, Any]:
    found, positive = each.scores, result.positive(each)
    statistics = found.statistics if found else None
    gate = each.gate
    return {
        "name": each.detector.name,
        "version": each.detector.version,
        "tier": each.detector.tier.value,
        "metric": each.detector.metric,
        "scores": grid(found.score) if found else None,
        "chance": number(found.chance) if found else None,
        "chance_by_head": None if found is None or found.head_chance is None else grid(found.head_chance),
        "ci_low": grid(statistics.ci_low) if statistics else None,
        "ci_high": grid(statistics.ci_high) if statistics else None,
        "p_adjusted": None if each.p_adjusted is None else grid(each.p_adjusted),
        "effect": None if each.arm is None or each.arm.effect is None else grid(each.arm.effect),
        "definitions": [_definition(other) for other in each.definitions.values()],
        "positive": None if positive is None else [str(head) for head in positive],
        "gate": None
        if gate is None
        else {"passed": gate.passed, "metric": gate.metric, "value": gate.value, "required": gate.required},
    }


def _definition(each: DetectorResult) -> dict[str, Any]:
    found = each.scores
    return {
        "metric": each.detector.metric,
        "scores": grid(found.score) if found else None,
        "chance": found.chance if found else None,
    }


def _details(result: ScanResult, each: DetectorResult) -> dict[str, Any]:
    found, rule = each.scores, each.detector.rule
    statistics = found.statistics if found else None
    return {
        "absent": absent_heads(result, each),
        "published_rule": None
        if rule is None
        else {
            "threshold": rule.threshold,
            "text": rule.text,
            "source": rule.source,
            "is_applicable": rule.is_applicable,
            "why_not": rule.why_not,
        },
        "n_prompts": found.n_prompts if found else None,
        "n_counted": found.n_counted if found else None,
        "reading": found.reading if found else None,
        "null_scores": grid(statistics.null_score) if statistics else None,
        "excess_low": grid(statistics.excess_low) if statistics else None,
        "excess_high": grid(statistics.excess_high) if statistics else None,
        "p": grid(statistics.p) if statistics else None,
        "p_attainable": each.p_attainable,
        "evidence": each.detector.evidence.value,
        "cause": None if each.effect is None else effect_record(each.effect),
        "causal_arm": None if each.arm is None else arm_record(each.arm),
        "definitions": {metric: _details(result, found) for metric, found in each.definitions.items()},
    }


def absent_heads(result: ScanResult, each: DetectorResult) -> dict[str, str]:
    """Why heads have no score; `all` stands for every head."""
    if each.scores is None:
        return {"all": each.absent_reason or NOT_FINITE}
    missing = [
        HeadRef(layer, head)
        for layer, row in enumerate(grid(each.scores.score))
        for head, score in enumerate(row)
        if score is None
    ]
    return {str(head): result.why_absent(each, head) for head in missing}
