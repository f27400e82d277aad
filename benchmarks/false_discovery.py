"""How often a scan finds heads where there are none: randomly initialised language models, detector by detector.

    .venv/bin/python benchmarks/false_discovery.py

Tiny GPT-2, Llama and GPT-NeoX models with random weights, every second one with weights so large that its patterns are
sharp (`ingest/calibration/random_models.py`), are scanned by every detector that can claim a head. No head of them is
of any type, so every finding is false, and the false-discovery proportion of a scan is 1 where anything is found and 0
elsewhere: its mean, the false-discovery rate, is the share of language models with a finding. It is counted for
adjusted p alone and for the whole rule, which also asks for the behaviour and for an effect; and for the seeds that
were not there yet when the rule's line was drawn by themselves. Results go to benchmarks/results/false_discovery.json.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scan_cost import machine

from catalog.wilson import wilson_interval
from ingest.calibration.random_models import FAMILIES
from ingest.calibration.scans import CalibrationOptions, random_scans
from ingest.evidence import Evidence
from ingest.registry import load_detectors
from ingest.scan_result import ScanResult
from ingest.verdict import ALPHA, MIN_EXCESS

RESULTS = Path(__file__).parent / "results" / "false_discovery.json"
RULES = ("adjusted p alone", "whole rule")
SEEN_SEEDS = 20
"""Of each family: `MIN_EXCESS` was drawn when language models of these seeds had been scanned."""


def found(scanned: ScanResult) -> dict[str, Counter[str]]:
    """Heads found by each rule, detector by detector."""
    counts: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
    for each in scanned.detectors:
        if each.p_adjusted is None:
            continue
        counts[RULES[0]][each.detector.name] = int(np.nansum(each.p_adjusted < ALPHA))
        counts[RULES[1]][each.detector.name] = len(scanned.positive(each) or [])
    return counts


@dataclass
class Tally:
    """Language models scanned, and those in which a rule found anything."""

    n_models: int = 0
    with_any: Counter[str] = field(default_factory=Counter)
    by_family: dict[str, Counter[str]] = field(default_factory=lambda: {rule: Counter() for rule in RULES})
    by_detector: dict[str, Counter[str]] = field(default_factory=lambda: {rule: Counter() for rule in RULES})

    def add(self, family: str, counted: dict[str, Counter[str]]) -> None:
        """Count one language model."""
        self.n_models += 1
        for rule, counts in counted.items():
            self.by_detector[rule] += counts
            if counts.total():
                self.with_any[rule] += 1
                self.by_family[rule][family] += 1

    def rows(self) -> dict[str, Any]:
        """The rates, rule by rule."""
        return {
            rule: {
                "n_with_any": self.with_any[rule],
                "false_discovery_rate": self.with_any[rule] / self.n_models,
                "interval": wilson_interval(self.with_any[rule] / self.n_models, self.n_models),
                "n_found": self.by_detector[rule].total(),
                "by_family": dict(self.by_family[rule]),
                "by_detector": dict(self.by_detector[rule].most_common()),
            }
            for rule in RULES
        }


def main() -> None:
    """Scan, count, print and write."""
    parser = argparse.ArgumentParser(description="False discoveries on random language models.")
    parser.add_argument("--models", type=int, default=67, help="of each family")
    parser.add_argument("--prompts", type=int, default=32, help="of each scan")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    detectors = [each for each in load_detectors().values() if each.evidence is not Evidence.MOMENTS]
    options = CalibrationOptions(n_random=arguments.models, n_prompts=arguments.prompts)
    n_tests, whole, unseen = 0, Tally(), Tally()
    idle: Counter[str] = Counter()
    for number, (family, scanned) in enumerate(random_scans(detectors, options)):
        for each in scanned.detectors:
            if each.p_adjusted is None:
                idle[each.detector.name] += 1
            else:
                n_tests += int(np.isfinite(each.p_adjusted).sum())
        counted = found(scanned)
        whole.add(family, counted)
        if number // len(FAMILIES) >= SEEN_SEEDS:
            unseen.add(family, counted)
    for tally in filter(lambda each: each.n_models, (whole, unseen)):
        for rule, row in tally.rows().items():
            low, high = row["interval"]
            print(
                f"{rule}: {row['n_with_any']} of {tally.n_models} language models with any finding, rate "
                f"{row['false_discovery_rate']:.3f} [{low:.3f}, {high:.3f}], nominal {ALPHA}; {row['n_found']} heads"
            )
    content = {
        "machine": machine(),
        "families": FAMILIES,
        "n_models": whole.n_models,
        "n_detectors": len(detectors),
        "n_prompts": arguments.prompts,
        "n_tests": n_tests,
        "models_without_a_test_by_detector": dict(idle.most_common()),
        "nominal": ALPHA,
        "least_excess": MIN_EXCESS,
        "rules": whole.rows(),
        "seeds_not_seen_before": {"first": SEEN_SEEDS, "n_models": unseen.n_models, "rules": unseen.rows()}
        if unseen.n_models
        else None,
    }
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
