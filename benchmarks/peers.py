"""What scores of previous-token, duplicate-token and induction heads cost here and with other tools.

    python -m venv PEER && PEER/bin/pip install transformer-lens==3.9.0
    .venv/bin/python benchmarks/peers.py --peer-python PEER/bin/python [--peer-python OTHER/bin/python]

All tools read the same weights (GPT-2 small's shape, random: speed does not depend on them) and the same tokens, each
in a process of its own that is asked in turn, so that a busy machine slows all alike. First the scores of one prompt
are compared: a tool that computes something else would be no peer. Results go to benchmarks/results/peers.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from scan_cost import N_THREADS, machine
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

RESULTS = Path(__file__).parent / "results" / "peers.json"
WORKER = Path(__file__).with_name("peer_worker.py")
CHECKED = "1x128"
REFERENCE = "headcat/scan"
PLAIN = "headcat/plain"
MOST_DIFFERENCE = 1e-3
DEFAULT_CASES = ("8x128:7:3", "8x512:3:1", "1x2048:3:2")


@dataclass
class Worker:
    """A process that runs one tool."""

    name: str
    process: subprocess.Popen[str]
    ways: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def ask(self, way: str, tokens: str, *, with_scores: bool = False) -> dict[str, Any]:
        """Run one way once on tokens of one shape."""
        assert self.process.stdin is not None, "opened as a pipe"
        print(
            json.dumps({"way": way, "tokens": tokens, "with_scores": with_scores}), file=self.process.stdin, flush=True
        )
        return self._answer()

    def greet(self) -> None:
        """Read which ways and versions the tool has."""
        said = self._answer()
        self.ways, self.versions = said["ways"], said["versions"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None, "opened as a pipe"
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended without an answer; what it said stands above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None, "opened as a pipe"
        self.process.stdin.close()
        self.process.wait()


def write_inputs(folder: Path, shapes: list[tuple[int, int]], config: GPT2Config | None = None) -> None:
    """Weights, a tokenizer that writes token 17 as `t17`, and prompts whose second half repeats the first.

    Args:
        folder: Where it all goes.
        shapes: Prompts and their length, once for each batch of tokens.
        config: GPT-2 small's where None.
    """
    torch.manual_seed(0)
    # detect_head wants the context to be longer than the prompt.
    config = config or GPT2Config(n_positions=2 * max(length for _, length in shapes))
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for layer in model.transformer.h:
            # Fresh weights attend to everything alike, and then any two measures agree; these attend sharply.
            layer.attn.c_attn.weight.mul_(3)
    model.save_pretrained(folder)
    vocabulary = {f"t{i}": i for i in range(config.vocab_size)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=f"t{config.bos_token_id}"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = f"t{config.bos_token_id}"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=special, eos_token=special, pad_token=special, add_bos_token=False
    ).save_pretrained(folder)
    tokens = {}
    for n_prompts, length in shapes:
        body = torch.randint(0, config.vocab_size - 1, (n_prompts, length // 2))
        rows = torch.cat([body, body], dim=1)
        rows[:, 0] = config.bos_token_id
        tokens[f"{n_prompts}x{length}"] = rows
    save_file(tokens, folder / "tokens.safetensors")


def start(tool: str, python: str, folder: Path, script: Path = WORKER) -> Worker:
    """A worker, once it has loaded."""
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": str(N_THREADS),
        # A waiting tool must not hold a processor that another one measures on.
        "OMP_WAIT_POLICY": "passive",
        "PYTHONPATH": str(script.parent.parent) if tool == "headcat" else "",
    }
    command = [python, str(script), tool, str(folder), "--threads", str(N_THREADS)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    worker = Worker(tool, process)
    worker.greet()
    if tool == "transformer_lens":
        worker.name = f"transformer_lens {worker.versions['transformer-lens']}"
    return worker


def differences(workers: list[Worker]) -> dict[str, float]:
    """Largest difference of any score of one prompt from ours, way by way."""
    scores = {
        f"{worker.name}/{way}": torch.tensor(worker.ask(way, CHECKED, with_scores=True)["scores"])
        for worker in workers
        for way in worker.ways
        if way != "plain"
    }
    found = {name: (each - scores[REFERENCE]).abs().max().item() for name, each in scores.items() if name != REFERENCE}
    for name, difference in found.items():
        if difference > MOST_DIFFERENCE:
            raise SystemExit(f"{name} differs from headcat by {difference:.2g}: it measures something else.")
    return found


@dataclass(frozen=True)
class Case:
    """Prompts of one shape, and how often each way reads them."""

    tokens: str
    n_runs: int
    n_peer_runs: int
    """Of tools that take ten times as long: fewer runs of them tell as much."""

    @classmethod
    def parse(cls, text: str) -> "Case":
        """`8x128:5:2` is 8 prompts of 128 tokens, 5 runs of everything and 2 of TransformerLens."""
        tokens, n_runs, n_peer_runs = text.split(":")
        return cls(tokens, int(n_runs), int(n_peer_runs))

    @property
    def shape(self) -> tuple[int, int]:
        """Prompts and their length."""
        n_prompts, length = self.tokens.split("x")
        return int(n_prompts), int(length)


def time_in_turn(workers: list[Worker], case: Case) -> dict[str, dict[str, Any]]:
    """Medians and ratios to the plain forward pass; every way once a round, each round from another one on."""
    runs: dict[str, list[dict[str, Any]]] = {f"{worker.name}/{way}": [] for worker in workers for way in worker.ways}
    for index in range(case.n_runs):
        asked = [
            (worker, way)
            for worker in workers
            for way in worker.ways
            if index < case.n_peer_runs or not worker.name.startswith("transformer_lens")
        ]
        for worker, way in asked[index % len(asked) :] + asked[: index % len(asked)]:
            runs[f"{worker.name}/{way}"].append(worker.ask(way, case.tokens))
    plain = {clock: [run[clock] for run in runs[PLAIN]] for clock in ("s", "cpu_s")}
    return {name: _summary(each, plain) for name, each in runs.items() if each}


def _summary(runs: list[dict[str, Any]], plain: dict[str, list[float]]) -> dict[str, Any]:
    summary: dict[str, Any] = {"n_runs": len(runs), "peak_bytes": max(run["peak_bytes"] for run in runs)}
    for clock, ratio in (("s", "ratio"), ("cpu_s", "cpu_ratio")):
        times = [run[clock] for run in runs]
        # Against the plain pass of the same round; a way that ran in fewer rounds is compared with those alone.
        ratios = sorted(one / other for one, other in zip(times, plain[clock], strict=False))
        summary[clock] = statistics.median(times)
        summary[ratio] = statistics.median(ratios)
        summary[f"{ratio}_range"] = [ratios[0], ratios[-1]]
    return summary


def main() -> None:
    """Compare, time, weigh, print and write."""
    parser = argparse.ArgumentParser(description="Cost of three detectors here and with other tools.")
    parser.add_argument("--peer-python", action="append", default=[], metavar="PATH", help="has TransformerLens")
    parser.add_argument("--case", action="append", metavar="PROMPTSxLENGTH:RUNS:PEER_RUNS", help="what to time")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    for python in arguments.peer_python:
        if not Path(python).is_file():
            parser.error(f"there is no {python}: name the interpreter of an environment that holds TransformerLens")
    cases = [Case.parse(text) for text in arguments.case or DEFAULT_CASES]
    tools = [("headcat", sys.executable), ("transformers", sys.executable)]
    tools += [("transformer_lens", python) for python in arguments.peer_python]
    with tempfile.TemporaryDirectory(prefix="headcat-peers-") as name:
        folder = Path(name)
        write_inputs(folder, [Case(CHECKED, 1, 1).shape, *(case.shape for case in cases)])
        workers = [start(tool, python, folder) for tool, python in tools]
        content: dict[str, Any] = {
            "machine": machine(),
            "load_average": [os.getloadavg()[0]],
            "versions": {worker.name: worker.versions for worker in workers},
            "largest_difference_from_headcat": differences(workers),
            "cases": {},
        }
        for way, difference in content["largest_difference_from_headcat"].items():
            # Of detect_head this is the measure "mul", which is also the one that it falls back to on a list.
            print(
                f"{way} on one prompt: scores differ by at most {difference:.1e} (bound {MOST_DIFFERENCE:.0e})",
                flush=True,
            )
        for case in cases:
            content["cases"][case.tokens] = time_in_turn(workers, case)
            content["load_average"].append(os.getloadavg()[0])
            for way, row in content["cases"][case.tokens].items():
                print(
                    f"{case.tokens} {way}: {row['s']:.2f} s, ratio {row['ratio']:.2f}, of processor time "
                    f"{row['cpu_ratio']:.2f}, {row['n_runs']} runs, peak {row['peak_bytes'] / 1e6:.0f} MB",
                    flush=True,
                )
            arguments.output.parent.mkdir(exist_ok=True)
            arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        for worker in workers:
            worker.close()


if __name__ == "__main__":
    main()
