"""What exact ablation of all heads costs here, against the arithmetic it needs and against TransformerLens.

    python -m venv PEER && PEER/bin/pip install torch==2.13.0 transformer-lens==3.9.0
    .venv/bin/python benchmarks/ablation.py --peer-python PEER/bin/python

GPT-2 small's shape, random weights, float32, mean ablation, one logit difference at the last position. F is one plain
pass of the same tokens without logits. Both tools read the same weights and tokens in processes of their own that are
asked in turn; first their effects are compared. Results go to benchmarks/results/ablation.json.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from ablation_worker import N_PEER_HEADS
from peers import Worker, start, write_inputs
from scan_cost import machine
from transformers import GPT2Config

RESULTS = Path(__file__).parent / "results" / "ablation.json"
WORKER = Path(__file__).with_name("ablation_worker.py")
DEFAULT_CASES = ("4x64:3", "8x16:5")
MOST_DIFFERENCE = 1e-4
BOUNDS = {"over_arithmetic": 1.25, "times_faster": 3.5, "last_times_faster": 15.0}


def needed_passes(config: GPT2Config) -> float:
    """Plain passes whose matrix products exact ablation of every head needs, at all positions.

    Everything below the changed layer is shared. Of a layer's 12 d² weights attention takes 3 d² for queries, keys and
    values and d² for W_O, the MLP 8 d². The changed layer needs its MLP, later ones all of it, the last one keys and
    values: its queries and all behind them are asked for at one position only. Products of queries and keys, some
    hundredths at these lengths, are left out on both sides.
    """
    last = config.n_layer - 1
    layers = sum((last - 1 - layer) + 8 / 12 + 2 / 12 for layer in range(last))
    return config.n_head * layers / config.n_layer


def differences(workers: list[Worker], tokens: str) -> dict[str, float]:
    """Largest difference of the naive loop's logit differences from ours."""
    ours, peer = workers
    found = {}
    for own, other in (("all_positions", "naive"), ("last_position", "naive_last")):
        pair = [
            torch.tensor(worker.ask(way, tokens, with_scores=True)["scores"])
            for worker, way in ((ours, own), (peer, other))
        ]
        found[own] = (pair[0] - pair[1]).nan_to_num(nan=0.0).abs().max().item()
        if found[own] > MOST_DIFFERENCE:
            raise SystemExit(f"{other} differs from {own} by {found[own]:.2g}: it measures something else.")
    return found


def time_in_turn(workers: list[Worker], tokens: str, n_runs: int) -> dict[str, list[dict[str, float]]]:
    """Every way once a round, the plain pass before each of them, so that a busy moment slows both."""
    ways = [(worker, way) for worker in workers for way in worker.ways if way not in {"plain", "means", "naive_last"}]
    runs: dict[str, list[dict[str, float]]] = {}
    for worker in workers:
        for way in worker.ways:
            if way != "naive_last":
                worker.ask(way, tokens)  # what is done once for a model or shape is not timed
    for index in range(n_runs):
        for worker, way in ways[index % len(ways) :] + ways[: index % len(ways)]:
            around = [workers[0].ask("plain", tokens)]
            run = worker.ask(way, tokens)
            around += [workers[0].ask("plain", tokens) for _ in range(2)]
            plain = {clock: statistics.median(each[clock] for each in around) for clock in ("s", "cpu_s")}
            n_passes = 12 / N_PEER_HEADS if way == "naive" else 1.0
            runs.setdefault(way, []).append(
                {
                    "s": run["s"] * n_passes,
                    "plain_s": plain["s"],
                    "ratio": run["s"] * n_passes / plain["s"],
                    "cpu_ratio": run["cpu_s"] * n_passes / plain["cpu_s"],
                }
            )
    return runs


def summary(runs: dict[str, list[dict[str, float]]], needed: float) -> dict[str, Any]:
    """Medians, and the figures that have bounds."""
    ways = {
        way: {key: statistics.median(run[key] for run in each) for key in each[0]}
        | {"n_runs": len(each), "ratio_range": [min(run["ratio"] for run in each), max(run["ratio"] for run in each)]}
        for way, each in runs.items()
    }
    naive, ours, last = (ways[way]["ratio"] for way in ("naive", "all_positions", "last_position"))
    return {
        "needed_passes": needed,
        "ways": ways,
        "over_arithmetic": ours / needed,
        "times_faster": naive / ours,
        "last_times_faster": naive / last,
    }


def main() -> None:
    """Compare, time, print and write."""
    parser = argparse.ArgumentParser(description="Cost of ablating every head, here and one by one.")
    parser.add_argument("--peer-python", required=True, metavar="PATH", help="has TransformerLens 3")
    parser.add_argument("--case", action="append", metavar="PROMPTSxLENGTH:RUNS", help="what to time")
    parser.add_argument("--layers", type=int, default=12, help="fewer of them to try the script out")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    cases = [text.split(":") for text in arguments.case or DEFAULT_CASES]
    config = GPT2Config(n_layer=arguments.layers, n_positions=128)
    with tempfile.TemporaryDirectory(prefix="headcat-ablation-") as name:
        folder = Path(name)
        shapes = [tuple(int(each) for each in tokens.split("x")) for tokens, _ in cases]
        write_inputs(folder, [(n_prompts, length) for n_prompts, length in shapes], config)
        workers = [
            start("headcat", sys.executable, folder, WORKER),
            start("transformer_lens", arguments.peer_python, folder, WORKER),
        ]
        content: dict[str, Any] = {
            "machine": machine(),
            "load_average": [os.getloadavg()[0]],
            "versions": {worker.name: worker.versions for worker in workers},
            "bounds": BOUNDS,
            "largest_difference": differences(workers, min(cases)[0]),
            "cases": {},
        }
        print(f"largest differences of a logit difference: {content['largest_difference']}", flush=True)
        for tokens, n_runs in cases:
            found = summary(time_in_turn(workers, tokens, int(n_runs)), needed_passes(config))
            content["cases"][tokens] = found
            content["load_average"].append(os.getloadavg()[0])
            for way, row in found["ways"].items():
                print(f"{tokens} {way}: {row['s']:.2f} s, {row['ratio']:.2f} F, cpu {row['cpu_ratio']:.2f}", flush=True)
            for figure, bound in BOUNDS.items():
                print(f"{tokens} {figure}: {found[figure]:.2f} (bound {bound})", flush=True)
            arguments.output.parent.mkdir(exist_ok=True)
            arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        for worker in workers:
            worker.close()


if __name__ == "__main__":
    main()
