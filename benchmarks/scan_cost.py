"""What a scan by all pattern detectors costs beside one plain forward pass over the same tokens.

    OMP_WAIT_POLICY=passive .venv/bin/python benchmarks/scan_cost.py

Layers of GPT-2 small's width (random weights: speed does not depend on them), and Llama layers of the same width whose
query heads share keys and values in threes, read random tokens. Ways of reading them:

- plain: one forward pass with transformers' SDPA attention, without logits;
- bare: the same pass, and every target of every pattern detector of the registry measured in it, without statistics;
- moments: bare, and with it entropy, distance and squared distance of every head.

Twelve layers, as GPT-2 small has: what a scan does once for all layers (checking and planning the targets, chance)
weighs three times as much in four.

A last comparison runs the whole `scan` with statistics and without them: prompts of every family, null models,
intervals and p-values. Definitions that compete are left out of it, since a bare scan has none.

All ways of a comparison run in turn and their medians are compared, in seconds on the clock and in processor time.
Results go to benchmarks/results/scan_cost.json.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from all_targets import (
    language_model,
    moment_targets,
    on_one_batch,
    pattern_detectors,
    pattern_families,
    random_prompts,
)

from ingest.engine import streaming
from ingest.engine.forward import forward
from ingest.scan import scan
from ingest.scan_result import ScanOptions

RESULTS = Path(__file__).parent / "results" / "scan_cost.json"
MODELS = ("gpt2", "llama")
SHAPES = ((8, 128, 1.10), (8, 512, 1.10), (1, 2048, 1.15))
"""Prompts, tokens of each, and how many plain passes a bare scan may cost at most."""
MOST_WITH_MOMENTS, MOST_WITH_STATISTICS = 1.4, 1.5
N_THREADS = 2
_CLOCKS: dict[str, Callable[[], float]] = {"s": time.perf_counter, "cpu_s": time.process_time}


def time_in_turn(ways: Mapping[str, Callable[[], object]], n_runs: int) -> dict[str, dict[str, float]]:
    """Medians of interleaved runs of each way, on each clock."""
    times: dict[str, dict[str, list[float]]] = {way: {clock: [] for clock in _CLOCKS} for way in ways}
    for turn in range(n_runs + 1):
        # The order swaps, so that no way always follows the same other.
        for way in sorted(ways, reverse=turn % 2 == 1):
            starts = {clock: read() for clock, read in _CLOCKS.items()}
            ways[way]()
            for clock, read in _CLOCKS.items():
                times[way][clock].append(read() - starts[clock])
    # The first round pays for what is set up once.
    return {
        way: {clock: statistics.median(each[1:]) for clock, each in by_clock.items()} for way, by_clock in times.items()
    }


def ratios(medians: Mapping[str, Mapping[str, float]], way: str, other: str) -> dict[str, float]:
    """How many times one way costs the other, on each clock."""
    return {clock: medians[way][clock] / medians[other][clock] for clock in _CLOCKS}


def measure_shape(model: str, n_layers: int, n_prompts: int, length: int, n_runs: int) -> dict[str, Any]:
    """A plain pass, a bare scan and a scan with moments, on the same tokens."""
    loaded = language_model(model, n_layers, length)
    families, absent = pattern_families(loaded, n_prompts, length)
    targets = on_one_batch(families, n_prompts, length)
    batch = random_prompts(loaded, n_prompts, length)
    with_moments = targets | moment_targets(n_prompts, length)

    def plain() -> None:
        with torch.no_grad():
            forward(loaded, batch.tokens, batch.is_real)

    medians = time_in_turn(
        {
            "plain": plain,
            "bare": lambda: streaming.measure(loaded, batch, targets, batch_size=n_prompts),  # type: ignore[arg-type]
            "moments": lambda: streaming.measure(loaded, batch, with_moments, batch_size=n_prompts),  # type: ignore[arg-type]
        },
        n_runs,
    )
    return {
        "model": model,
        "n_layers": n_layers,
        "n_prompts": n_prompts,
        "length": length,
        "n_detectors": len(pattern_detectors()) - len(absent),
        "absent": absent,
        "n_targets": len(targets),
        "n_runs": n_runs,
        "medians": medians,
        "bare_over_plain": ratios(medians, "bare", "plain"),
        "moments_over_plain": ratios(medians, "moments", "plain"),
        "load_average": os.getloadavg()[0],
    }


def measure_statistics(n_layers: int, n_prompts: int, length: int, n_runs: int) -> dict[str, Any]:
    """The whole scan with statistics and without them."""
    loaded = language_model("gpt2", n_layers, length)
    detectors = pattern_detectors()

    def run(with_statistics: bool) -> None:
        options = ScanOptions(
            n_prompts, length, with_statistics=with_statistics, with_definitions=False, with_ablation=False
        )
        scan(loaded, detectors, options)

    medians = time_in_turn({"bare": lambda: run(False), "statistics": lambda: run(True)}, n_runs)
    return {
        "model": "gpt2",
        "n_layers": n_layers,
        "n_prompts": n_prompts,
        "length": length,
        "n_detectors": len(detectors),
        "n_runs": n_runs,
        "medians": medians,
        "statistics_over_bare": ratios(medians, "statistics", "bare"),
        "load_average": os.getloadavg()[0],
    }


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "n_cpus": os.cpu_count(),
        "n_threads": N_THREADS,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": "cpu",
        "dtype": "float32",
    }


def said(ratio: Mapping[str, float], at_most: float) -> str:
    """A ratio for the eye, with its bound."""
    return f"{ratio['s']:.3f} on the clock, {ratio['cpu_s']:.3f} of processor time (at most {at_most:.2f})"


def main() -> None:
    """Measure every shape of every model, then statistics; print and write."""
    parser = argparse.ArgumentParser(description="Cost of a scan by all pattern detectors beside a plain pass.")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--runs", type=int, default=5, help="runs of each way, after one that is not counted")
    parser.add_argument("--model", choices=MODELS, action="append", help="default: both")
    parser.add_argument("--length", type=int, action="append", help="only shapes of this length; default: all")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(N_THREADS)
    content: dict[str, Any] = {"machine": machine(), "rows": []}
    for model in arguments.model or MODELS:
        for n_prompts, length, at_most in SHAPES:
            if arguments.length and length not in arguments.length:
                continue
            row = measure_shape(model, arguments.layers, n_prompts, length, arguments.runs)
            content["rows"].append(row)
            print(f"{model} {n_prompts} x {length}, {row['n_detectors']} detectors, {row['n_targets']} targets")
            print(f"  bare over plain: {said(row['bare_over_plain'], at_most)}")
            print(f"  with moments over plain: {said(row['moments_over_plain'], MOST_WITH_MOMENTS)}", flush=True)
    content["statistics"] = measure_statistics(arguments.layers, 8, 128, max(1, arguments.runs // 2))
    ratio = content["statistics"]["statistics_over_bare"]
    print(f"statistics over bare: {said(ratio, MOST_WITH_STATISTICS)}")
    arguments.output.parent.mkdir(exist_ok=True)
    arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
