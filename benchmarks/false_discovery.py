"""How often a scan finds heads where there are none: randomly initialised language models, detector by detector.

    .venv/bin/python benchmarks/false_discovery.py

Tiny GPT-2, Llama and GPT-NeoX models with random weights, every second one with weights so large that its patterns are
sharp (`ingest/calibration/random_models.py`), are scanned by all detectors of attention patterns. No head of them is of
any type, so every finding is false, and the false-discovery proportion of a scan is 1 where anything is found and 0
elsewhere: its mean, the false-discovery rate, is the share of language models with a finding. It is counted for
adjusted p alone and for the whole rule, which also asks for an effect. Results go to
benchmarks/results/false_discovery.json.
"""

import argparse
import json
from collections import Counter
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
RULES = ("adjusted p alone", "adjusted p and effect")


def found(scanned: ScanResult) -> dict[str, Counter[str]]:
    """Heads found by each rule, detector by detector."""
    counts: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
    for each in scanned.detectors:
        if each.p_adjusted is None:
            continue
        counts[RULES[0]][each.detector.name] = int(np.nansum(each.p_adjusted < ALPHA))
        counts[RULES[1]][each.detector.name] = len(scanned.positive(each) or [])
    return counts


def main() -> None:
    """Scan, count, print and write."""
    parser = argparse.ArgumentParser(description="False discoveries on random language models.")
    parser.add_argument("--models", type=int, default=20, help="of each family")
    parser.add_argument("--prompts", type=int, default=32, help="of each scan")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    detectors = [each for each in load_detectors().values() if each.evidence is Evidence.PATTERN]
    options = CalibrationOptions(n_random=arguments.models, n_prompts=arguments.prompts)
    n_models, n_tests = 0, 0
    with_any: Counter[str] = Counter()
    by_family: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
    by_detector: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
    for family, scanned in random_scans(detectors, options):
        n_models += 1
        n_tests += sum(
            int(np.isfinite(each.p_adjusted).sum()) for each in scanned.detectors if each.p_adjusted is not None
        )
        for rule, counts in found(scanned).items():
            by_detector[rule] += counts
            if counts.total():
                with_any[rule] += 1
                by_family[rule][family] += 1
    rows: dict[str, Any] = {
        rule: {
            "n_with_any": with_any[rule],
            "false_discovery_rate": with_any[rule] / n_models,
            "interval": wilson_interval(with_any[rule] / n_models, n_models),
            "n_found": by_detector[rule].total(),
            "by_family": dict(by_family[rule]),
            "by_detector": dict(by_detector[rule].most_common()),
        }
        for rule in RULES
    }
    for rule, row in rows.items():
        low, high = row["interval"]
        print(
            f"{rule}: {row['n_with_any']} of {n_models} language models with any finding, rate "
            f"{row['false_discovery_rate']:.3f} [{low:.3f}, {high:.3f}], nominal {ALPHA}; {row['n_found']} heads of "
            f"{n_tests} tests"
        )
    content = {
        "machine": machine(),
        "families": FAMILIES,
        "n_models": n_models,
        "n_detectors": len(detectors),
        "n_prompts": arguments.prompts,
        "n_tests": n_tests,
        "nominal": ALPHA,
        "least_excess": MIN_EXCESS,
        "rules": rows,
    }
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
