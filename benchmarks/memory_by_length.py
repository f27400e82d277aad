"""How much memory a scan takes as prompts grow, where full attention patterns soon cannot exist.

    .venv/bin/python benchmarks/memory_by_length.py

GPT-2 small's 12 layers of 12 heads, but 8 dimensions for each head, so that patterns dominate: they do not depend on
the width. One prompt; three detectors, as in peers.py; a fresh process for each length. Eager attention that hands its
patterns back (`output_attentions=True`) runs as long as its patterns take less than a third of the memory at hand; what
they would take beyond is arithmetic: 144 heads of n² float32 numbers. Results go to
benchmarks/results/memory_by_length.json.
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from peers import start, write_inputs
from scan_cost import machine
from transformers import GPT2Config

RESULTS = Path(__file__).parent / "results" / "memory_by_length.json"
LENGTHS = (1024, 2048, 4096, 8192, 16384)
WARM = "1x128"
_WAYS = (("headcat", "plain"), ("headcat", "scan"), ("transformers", "eager_output_attentions"))


def pattern_bytes(config: GPT2Config, length: int) -> int:
    """All attention patterns of one prompt, in float32."""
    return config.n_layer * config.n_head * length**2 * 4


def measured(tool: str, way: str, python: str, folder: Path, length: int) -> dict[str, Any]:
    """One run in a fresh process, after a short one that loads what is loaded once."""
    worker = start(tool, python, folder)
    worker.ask(way, WARM)
    done = worker.ask(way, f"1x{length}")
    worker.close()
    return {"peak_bytes": done["peak_bytes"], "s": done["s"]}


def growth_by_doubling(rows: list[dict[str, Any]], way: str) -> list[float]:
    """Peak memory of each length over that of the length before: 2 is linear where lengths double, 4 quadratic."""
    peaks = [row[way]["peak_bytes"] for row in rows]
    return [later / earlier for earlier, later in itertools.pairwise(peaks)]


def main() -> None:
    """Measure every length, print and write."""
    parser = argparse.ArgumentParser(description="Memory of a scan by the length of the prompt.")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    config = GPT2Config(n_embd=96, n_positions=max(arguments.lengths))
    at_hand = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    rows = []
    with tempfile.TemporaryDirectory(prefix="headcat-memory-") as name:
        folder = Path(name)
        write_inputs(folder, [(1, 128), *((1, length) for length in arguments.lengths)], config)
        for length in arguments.lengths:
            row: dict[str, Any] = {"length": length, "pattern_bytes": pattern_bytes(config, length)}
            for tool, way in _WAYS:
                # Patterns, and the attention logits and masked copies that eager attention holds beside them.
                if tool == "transformers" and row["pattern_bytes"] > at_hand / 3:
                    row[way] = None
                    continue
                row[way] = measured(tool, way, sys.executable, folder, length)
            rows.append(row)
            print(_line(row), flush=True)
    arguments.output.parent.mkdir(exist_ok=True)
    growth = {way: growth_by_doubling(rows, way) for way in ("plain", "scan")}
    for way, factors in growth.items():
        print(f"{way}: memory grows by {', '.join(f'{each:.2f}' for each in factors)} from each length to the next")
    content = {"machine": machine() | {"bytes_at_hand": at_hand}, "rows": rows, "growth": growth}
    arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _line(row: dict[str, Any]) -> str:
    said = [
        f"{way} {'not run' if row[way] is None else format(row[way]['peak_bytes'] / 1e6, '.0f') + ' MB'}"
        for _, way in _WAYS
    ]
    return f"{row['length']}: {', '.join(said)}; patterns {row['pattern_bytes'] / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
