"""HeadVis's six metrics: without patterns, against eager attention as Neuronpedia's pipeline computes them.

    .venv/bin/python benchmarks/headvis_six.py

Four layers of GPT-2 small with random weights, and a third of its vocabulary, so that the logits keep their share of a
pass through twelve, read random tokens with repeats. These ways give the six numbers of every head:

- streamed: `ingest.headvis.metrics`, one pass, no pattern;
- eager: `output_attentions=True`, then whole-matrix arithmetic on the patterns of each layer, as the pipeline does it
  (written by us from its definitions);
- pipeline: the same, and with it what the pipeline does in the same loop once its warm-up is over: the largest weight
  of each head and prompt, its histogram, the eight strongest keys of each query, and a Python loop over prompts and
  heads that makes a sparse record of each;
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
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scan_cost import N_THREADS, machine
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from ingest.engine import streaming
from ingest.headvis.metrics import INDUCTION_FLOOR, METRICS, headvis_scores, headvis_targets
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.prompts.batch import PromptBatch

RESULTS = Path(__file__).parent / "results" / "headvis_six.json"
TARGET_RATIO, TOLERANCE = 5.0, 1e-3
N_LAYERS = 4
SHAPES = ("8x128", "8x512", "1x1024", "1x2048")
_HISTOGRAM_BINS = 50
OTHERS = ("eager", "pipeline", "head_loop")
Scores = dict[str, np.ndarray]


def make_case(n_prompts: int, length: int, n_tokens: int) -> tuple[LoadedModel, PromptBatch]:
    """GPT-2 small's shape, and tokens of a small vocabulary, so that they repeat as those of a text do."""
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=N_LAYERS,
        vocab_size=GPT2Config().vocab_size * N_LAYERS // 12,
        n_positions=max(1024, length),
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config).eval()
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
            sample(pattern, is_pair)
    stacked = {name: torch.stack(value).double().numpy() for name, value in sums.items()}
    return finished(stacked, n_prompts * n_pos, n_prompts, sum(each[2] for each in pairs))


def sample(pattern: Tensor, is_pair: Tensor) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """What the pipeline keeps to draw: largest weight, and up to eight keys of each query, one head at a time."""
    later = torch.arange(pattern.shape[-1]) > 0
    is_drawn = is_pair & later & later[:, None]
    largest = pattern.masked_fill(~is_drawn, 0.0).amax(dim=(-2, -1)).numpy()
    counts = np.zeros((pattern.shape[1], _HISTOGRAM_BINS), dtype=np.int64)
    for of_prompt in largest:
        np.add.at(counts, (np.arange(len(of_prompt)), np.minimum(of_prompt * _HISTOGRAM_BINS, 49).astype(int)), 1)
    is_key = is_pair[:, :, :1].transpose(-1, -2)
    values, keys = (each.numpy() for each in pattern.masked_fill(~is_key, 0.0).topk(8, dim=-1))
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


def told(row: dict[str, Any]) -> str:
    """The figures of one shape for the eye."""
    worst = max(value for each in row["largest_difference"].values() for value in each.values())
    return (
        f"{row['n_prompts']} x {row['length']}: values differ by at most {worst:.1e} (at most {TOLERANCE:.0e}); "
        f"{row['times_faster']['pipeline']:.2f} times faster than the pipeline (target {TARGET_RATIO}, at most "
        f"{row['most_times_faster']['pipeline']:.2f} possible); {row['added_times_less']['pipeline']:.1f} times less "
        f"is added to a plain pass; streamed costs {row['streamed_over_plain']:.3f} plain passes"
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="HeadVis's six metrics without patterns and with them.")
    parser.add_argument("--shape", action="append", metavar="PROMPTSxLENGTH", help=f"default: {', '.join(SHAPES)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(N_THREADS)
    rows = []
    for shape in arguments.shape or SHAPES:
        n_prompts, length = map(int, shape.split("x"))
        rows.append(measure(n_prompts, length, arguments.runs))
        print(told(rows[-1]), flush=True)
        arguments.output.parent.mkdir(exist_ok=True)
        content = {"machine": machine(), "n_layers": N_LAYERS, "rows": rows}
        arguments.output.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
