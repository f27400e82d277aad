"""HeadVis's six metrics: without patterns, against eager attention as Neuronpedia's pipeline computes them.

    .venv/bin/python benchmarks/headvis_six.py

A model of GPT-2 small's shape with random weights reads random tokens with repeats, 512 to a prompt. Three ways give
the six numbers of all 144 heads:

- streamed: `ingest.headvis.metrics`, one pass, no pattern;
- eager: `output_attentions=True`, then whole-matrix arithmetic on the patterns of each layer, as the pipeline does it
  (written by us from its definitions);
- pipeline: the same, and with it what the pipeline does in the same loop: the largest weight of each head, the eight
  strongest keys of each query, and a Python loop over prompts and heads that makes a sparse record of each;
- head loop: the six numbers head by head, prompt by prompt.

The last three run the whole language model with its logits, as the pipeline does; `plain` and streamed have no use for
them. `times_faster` compares whole runs. At this size the matrix products of the model are most of every run, so even
a way that costs nothing could not be more than `most_times_faster` faster; `added_times_less` compares what each way
adds to a plain pass.

All run in turn and medians are compared, in processor time: it does not count what other programs take. Values must be
equal to 1e-3. Results go to benchmarks/results/headvis_six.json.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.engine import streaming
from ingest.headvis.metrics import INDUCTION_FLOOR, METRICS, headvis_scores, headvis_targets
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.prompts.batch import PromptBatch

RESULTS = Path(__file__).parent / "results" / "headvis_six.json"
TARGET_RATIO, TOLERANCE = 5.0, 1e-3
OTHERS = ("eager", "pipeline", "head_loop")
Scores = dict[str, np.ndarray]


def make_case(n_prompts: int, length: int, n_tokens: int) -> tuple[LoadedModel, PromptBatch]:
    """GPT-2 small's shape, and tokens of a small vocabulary, so that they repeat as those of a text do."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config()).eval()
    loaded = wrap_language_model(model, None, hub_id="random/gpt2", revision="random", weights_sha256="0" * 64)
    tokens = torch.randint(0, n_tokens, (n_prompts, length))
    return loaded, PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=False)


def streamed(loaded: LoadedModel, batch: PromptBatch) -> Scores:
    """Ours."""
    measured = streaming.measure(loaded, batch, headvis_targets(batch), batch_size=len(batch.tokens))  # type: ignore[arg-type]
    return headvis_scores(dict(measured.measurements))


def attentions(loaded: LoadedModel, batch: PromptBatch) -> list[Tensor]:
    """Patterns of all layers, [batch, head, query, key]."""
    loaded.model.set_attn_implementation("eager")
    with torch.inference_mode():
        return list(loaded.model(batch.tokens, output_attentions=True, use_cache=False).attentions)


def repeats(tokens: list[int]) -> tuple[list[int], list[int], int]:
    """Queries and keys of the induction score, and how many queries have an earlier copy."""
    earlier: dict[int, list[int]] = {}
    queries, keys, n_repeated = [], [], 0
    for query, token in enumerate(tokens):
        copies = earlier.setdefault(token, [])
        queries += [query] * len(copies)
        keys += [copy + 1 for copy in copies]
        n_repeated += bool(copies)
        copies.append(query)
    return queries, keys, n_repeated


def finished(sums: dict[str, np.ndarray], n_tokens: int, n_prompts: int, n_repeated: int) -> Scores:
    """Sums over all tokens to the six numbers."""
    means = {name: value / n_tokens for name, value in sums.items()}
    means["prev_token_score"] = sums["prev_token_score"] / (n_tokens - n_prompts)
    means["induction_score"] = sums["induction_score"] / max(1, n_repeated)
    means["qk_distance_variance"] = means.pop("squared") - means["qk_distance"] ** 2
    return means


def eager(loaded: LoadedModel, batch: PromptBatch, *, with_samples: bool = False) -> Scores:
    """All heads of a layer at once, on full patterns."""
    n_prompts, n_pos = batch.tokens.shape
    position = torch.arange(n_pos)
    distance = (position[:, None] - position).abs().float()
    is_pair = (batch.is_real[:, :, None] & batch.is_real[:, None, :])[:, None]
    layers = attentions(loaded, batch)
    sums: dict[str, list[Tensor]] = {
        name: [] for name in ("self_attention_score", "prev_token_score", "pattern_entropy")
    }
    sums |= {name: [] for name in ("qk_distance", "squared", "induction_score")}
    pairs = [repeats(tokens) for tokens in batch.tokens.tolist()]
    for pattern in layers:
        sums["self_attention_score"].append(pattern.diagonal(dim1=-2, dim2=-1).sum(dim=(0, 2)))
        sums["prev_token_score"].append(pattern.diagonal(offset=-1, dim1=-2, dim2=-1).sum(dim=(0, 2)))
        logs = torch.log(pattern.clamp_min(torch.finfo(torch.float32).tiny))
        sums["pattern_entropy"].append(-(pattern * logs).masked_fill(~is_pair, 0.0).sum(dim=(0, 2, 3)))
        sums["qk_distance"].append((pattern.masked_fill(~is_pair, 0.0) * distance).sum(dim=(0, 2, 3)))
        sums["squared"].append((pattern.masked_fill(~is_pair, 0.0) * distance.square()).sum(dim=(0, 2, 3)))
        induction = torch.zeros(pattern.shape[1])
        for prompt, (queries, keys, _) in enumerate(pairs):
            weights = pattern[prompt][:, queries, keys]
            induction += weights.masked_fill(weights < INDUCTION_FLOOR, 0.0).sum(dim=-1)
        sums["induction_score"].append(induction)
        if with_samples:
            sample(pattern)
    stacked = {name: torch.stack(value).double().numpy() for name, value in sums.items()}
    return finished(stacked, n_prompts * n_pos, n_prompts, sum(each[2] for each in pairs))


def sample(pattern: Tensor) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """What the pipeline keeps to draw: largest weight, and up to eight keys of each query, one head at a time."""
    largest = pattern[..., 1:, 1:].amax(dim=(-2, -1)).numpy()
    values, keys = (each.numpy() for each in pattern.topk(8, dim=-1))
    records = []
    for prompt in range(pattern.shape[0]):
        for head in range(pattern.shape[1]):
            kept = values[prompt, head] >= 0.005
            query = np.broadcast_to(np.arange(pattern.shape[2])[:, None], kept.shape)[kept]
            key, value = keys[prompt, head][kept], np.round(values[prompt, head][kept].astype(np.float64), 4)
            order = np.lexsort((key, query))
            index = (query[order] * pattern.shape[2] + key[order]).astype(np.int32)
            records.append((float(largest[prompt, head]), index, value[order]))
    return records


def head_loop(loaded: LoadedModel, batch: PromptBatch) -> Scores:
    """Prompt by prompt and head by head."""
    n_prompts, n_pos = batch.tokens.shape
    position = torch.arange(n_pos)
    distance = (position[:, None] - position).abs().float()
    names = ("self_attention_score", "prev_token_score", "pattern_entropy", "qk_distance", "squared", "induction_score")
    sums = {name: np.zeros((loaded.n_layers, loaded.n_heads)) for name in names}
    pairs = [repeats(tokens) for tokens in batch.tokens.tolist()]
    for layer, patterns in enumerate(attentions(loaded, batch)):
        for prompt, (queries, keys, _) in enumerate(pairs):
            for head in range(loaded.n_heads):
                pattern = patterns[prompt, head]
                weights = pattern[queries, keys]
                logs = torch.log(pattern.clamp_min(torch.finfo(torch.float32).tiny))
                found = (
                    pattern.diagonal().sum(),
                    pattern.diagonal(offset=-1).sum(),
                    -(pattern * logs).sum(),
                    (pattern * distance).sum(),
                    (pattern * distance.square()).sum(),
                    weights[weights >= INDUCTION_FLOOR].sum(),
                )
                for name, value in zip(names, found, strict=True):
                    sums[name][layer, head] += float(value)
    return finished(sums, n_prompts * n_pos, n_prompts, sum(each[2] for each in pairs))


def difference(one: Scores, other: Scores) -> dict[str, float]:
    """Largest difference of each metric, relative where a value is above 1."""
    return {
        each.name: float((np.abs(one[each.name] - other[each.name]) / np.maximum(1, np.abs(other[each.name]))).max())
        for each in METRICS
    }


def plain(loaded: LoadedModel, batch: PromptBatch) -> None:
    """One forward pass with fused attention and no logits."""
    loaded.model.set_attn_implementation("sdpa")
    with torch.inference_mode():
        loaded.model.base_model(batch.tokens, use_cache=False)


def measure(n_prompts: int, length: int, n_runs: int) -> dict[str, Any]:
    """Medians of interleaved runs, and how far the values agree."""
    loaded, batch = make_case(n_prompts, length, n_tokens=200)
    ways: dict[str, Callable[[], Any]] = {
        "plain": lambda: plain(loaded, batch),
        "streamed": lambda: streamed(loaded, batch),
        "eager": lambda: eager(loaded, batch),
        "pipeline": lambda: eager(loaded, batch, with_samples=True),
        "head_loop": lambda: head_loop(loaded, batch),
    }
    values = {name: run() for name, run in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(n_runs):
        for name in sorted(ways, reverse=turn % 2 == 1):
            start = time.process_time()
            ways[name]()
            times[name].append(time.process_time() - start)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        "n_prompts": n_prompts,
        "length": length,
        "n_runs": n_runs,
        "processor_seconds": medians,
        "streamed_over_plain": medians["streamed"] / medians["plain"],
        "times_faster": {name: medians[name] / medians["streamed"] for name in OTHERS},
        "most_times_faster": {name: medians[name] / medians["plain"] for name in OTHERS},
        "added_times_less": {
            name: (medians[name] - medians["plain"]) / (medians["streamed"] - medians["plain"]) for name in OTHERS
        },
        "largest_difference": {name: difference(values["streamed"], values[name]) for name in OTHERS},
    }


def machine(n_threads: int) -> dict[str, Any]:
    """What the numbers were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return {
        "cpu": next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor()),
        "n_cpus": os.cpu_count(),
        "n_threads": n_threads,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": "cpu",
        "dtype": "float32",
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="HeadVis's six metrics without patterns and with them.")
    parser.add_argument("--prompts", type=int, default=2)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    row = measure(arguments.prompts, arguments.length, arguments.runs)
    print(json.dumps(row, indent=2))
    worst = max(value for each in row["largest_difference"].values() for value in each.values())
    print(f"values differ by at most {worst:.1e} (at most {TOLERANCE:.0e})")
    print(
        f"{row['times_faster']['pipeline']:.1f} times faster than the pipeline (target {TARGET_RATIO}, at most "
        f"{row['most_times_faster']['pipeline']:.1f} possible); {row['added_times_less']['pipeline']:.1f} times less "
        "is added to a plain pass"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine(arguments.threads), "rows": [row]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
