"""What a scan costs beside one plain forward pass over the same tokens.

    .venv/bin/python benchmarks/scan_cost.py

A model of GPT-2 small's shape with random weights (speed does not depend on them) reads random tokens in three
shapes. The plain pass is transformers' own SDPA without logits; the scan measures five detectors, eleven named
targets, in one pass. Both run in turn, so that a busy machine slows both, and medians are compared. Peak memory comes
from a fresh process for each way. Results go to benchmarks/results/scan_cost.json.

Where other programs share the processors, set OMP_WAIT_POLICY=passive: waiting threads then cost no processor time.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.engine import streaming
from ingest.engine.forward import forward
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.measure import NO_KEY, KeyProperty, RelationalTargets, Targets, previous_positions
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import latest_earlier_copy

RESULTS = Path(__file__).parent / "results" / "scan_cost.json"
SHAPES = ((8, 128), (8, 512), (2, 2048))
TARGET_RATIO = 1.3
N_THREADS = 2


@dataclass(frozen=True)
class Case:
    """A model, prompts and targets, and the two ways to read the prompts."""

    loaded: LoadedModel
    batch: PromptBatch
    targets: Mapping[str, Targets]

    def plain(self) -> None:
        """One forward pass, fused attention, no logits."""
        with torch.no_grad():
            forward(self.loaded, self.batch.tokens, self.batch.is_real)

    def scan(self) -> None:
        """The same pass with all targets measured."""
        streaming.measure(self.loaded, self.batch, self.targets, batch_size=self.batch.tokens.shape[0])


def make_case(n_prompts: int, length: int) -> Case:
    """GPT-2 small's shape, and prompts whose second half repeats the first."""
    torch.manual_seed(0)
    config = GPT2Config(n_positions=max(1024, length))
    model = GPT2LMHeadModel(config)
    model.set_attn_implementation("sdpa")
    loaded = wrap_language_model(model, None, hub_id="random/gpt2", revision="random", weights_sha256="0" * 64)
    half = torch.randint(0, config.vocab_size - 1, (n_prompts, length // 2))
    tokens = torch.cat([half, half], dim=1)
    tokens[:, 0] = config.bos_token_id
    batch = PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=True)
    return Case(loaded, batch, make_targets(batch))


def make_targets(batch: PromptBatch) -> dict[str, Targets]:
    """Five detectors: previous token, duplicate token, induction, sink, and offsets 2 to 8 as seven targets."""
    n_prompts, length = batch.tokens.shape
    latest = latest_earlier_copy(batch)
    position = torch.arange(length)
    targets: dict[str, Targets] = {
        "duplicate_token": RelationalTargets(latest[..., None]),
        "induction": RelationalTargets(torch.where(latest == NO_KEY, NO_KEY, latest + 1)[..., None]),
        "attention_sink": KeyProperty((position == 0).expand(n_prompts, -1), (position > 0).expand(n_prompts, -1)),
    }
    for offset in range(1, 9):
        name = "previous_token" if offset == 1 else f"offset_{offset}"
        targets[name] = RelationalTargets(previous_positions(length, offset).expand(n_prompts, -1)[..., None])
    return targets


def warm_up(case: Case) -> None:
    """Both ways once on a short prompt, so that no run pays for what the first one sets up."""
    batch = PromptBatch(case.batch.tokens[:1, :8], case.batch.is_real[:1, :8], has_bos=True)
    short = Case(case.loaded, batch, make_targets(batch))
    short.plain()
    short.scan()


def time_in_turn(case: Case, seconds: float, fewest_runs: int) -> dict[str, Any]:
    """Medians of interleaved runs: seconds on the clock, and seconds that the processors spent on this process."""
    ways: dict[str, Callable[[], None]] = {"plain": case.plain, "scan": case.scan}
    clocks: dict[str, Callable[[], float]] = {"s": time.perf_counter, "cpu_s": time.process_time}
    times: dict[str, list[float]] = {f"{way}_{clock}": [] for way in ways for clock in clocks}
    warm_up(case)
    end = time.perf_counter() + seconds
    n_runs = 0
    while time.perf_counter() < end or n_runs < fewest_runs:
        # The order swaps, so that neither way always follows the other.
        for way in sorted(ways, reverse=n_runs % 2 == 1):
            starts = {clock: read() for clock, read in clocks.items()}
            ways[way]()
            for clock, read in clocks.items():
                times[f"{way}_{clock}"].append(read() - starts[clock])
        n_runs += 1
    medians = {name: statistics.median(each) for name, each in times.items()}
    ratios = [scan / plain for scan, plain in zip(times["scan_s"], times["plain_s"], strict=True)]
    return {
        "n_runs": n_runs,
        **medians,
        "ratio": medians["scan_s"] / medians["plain_s"],
        "cpu_ratio": medians["scan_cpu_s"] / medians["plain_cpu_s"],
        "quartiles_of_single_ratios": statistics.quantiles(ratios, n=4),
    }


def peak_bytes(way: str, n_prompts: int, length: int) -> int:
    """Memory that one run adds at its peak, in a fresh process."""
    command = [sys.executable, __file__, "--memory-of", way, str(n_prompts), str(length)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_own_peak(way: str, n_prompts: int, length: int) -> None:
    """Run one way once and print by how much resident memory grew at its peak (Linux)."""
    torch.set_num_threads(N_THREADS)
    case = make_case(n_prompts, length)
    warm_up(case)
    before = _status_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    getattr(case, way)()
    print(_status_bytes("VmHWM") - before)


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


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


def measure_shape(n_prompts: int, length: int, seconds: float, fewest_runs: int) -> dict[str, Any]:
    """Times and peaks for one shape of prompts."""
    case = make_case(n_prompts, length)
    row: dict[str, Any] = {"n_prompts": n_prompts, "length": length, "n_targets": len(case.targets)}
    row |= time_in_turn(case, seconds, fewest_runs)
    row["load_average"] = os.getloadavg()[0]
    for way in ("plain", "scan"):
        row[f"{way}_peak_bytes"] = peak_bytes(way, n_prompts, length)
    print(
        f"{n_prompts} x {length}: plain {row['plain_s']:.3f} s, scan {row['scan_s']:.3f} s, "
        f"ratio {row['ratio']:.3f} (at most {TARGET_RATIO}; of processor time {row['cpu_ratio']:.3f}), "
        f"{row['n_runs']} runs; peak {row['plain_peak_bytes'] / 1e6:.0f} MB plain, "
        f"{row['scan_peak_bytes'] / 1e6:.0f} MB scan",
        flush=True,
    )
    return row


def main() -> None:
    """Measure every shape, print and write."""
    parser = argparse.ArgumentParser(description="Cost of a scan beside one plain forward pass.")
    parser.add_argument("--seconds", type=float, default=60.0, help="measuring time for each shape")
    parser.add_argument("--fewest-runs", type=int, default=5, help="runs of each way, however long they take")
    parser.add_argument("--memory-of", nargs=3, metavar=("WAY", "PROMPTS", "LENGTH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        way, n_prompts, length = arguments.memory_of
        print_own_peak(way, int(n_prompts), int(length))
        return
    torch.set_num_threads(N_THREADS)
    rows: list[dict[str, Any]] = []
    for shape in SHAPES:
        rows.append(measure_shape(*shape, arguments.seconds, arguments.fewest_runs))
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
