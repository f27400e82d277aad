"""One tool in a process of its own: loads the shared weights once, then runs what it is told, line by line.

Started by `peers.py`; commands and answers are JSON lines. A process measures one tool, so that peers may need other
versions of torch and transformers than headcat does. Nothing here imports headcat unless headcat is the tool.
"""

# ruff: noqa: PLC0415 - each tool's modules are imported where that tool is the one that runs
import argparse
import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

TYPES = ("previous_token_head", "duplicate_token_head", "induction_head")
Scores = torch.Tensor  # [type, layer, head]
Way = Callable[[torch.Tensor], Scores]


def headcat_ways(folder: Path) -> dict[str, Way]:
    """A plain forward pass without logits, and the scan of three detectors in it."""
    from ingest.engine import streaming
    from ingest.engine.forward import forward
    from ingest.loading import wrap_language_model
    from ingest.measure import NO_KEY, RelationalTargets, previous_positions
    from ingest.prompts.batch import PromptBatch
    from ingest.prompts.copies import all_earlier_copies

    model = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="sdpa")
    loaded = wrap_language_model(model, None, hub_id="random/gpt2", revision="random", weights_sha256="0" * 64)

    def batch_of(tokens: torch.Tensor) -> PromptBatch:
        return PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=True)

    def plain(tokens: torch.Tensor) -> Scores:
        with torch.no_grad():
            forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
        return torch.empty(0)

    def scan(tokens: torch.Tensor) -> Scores:
        batch = batch_of(tokens)
        copies = all_earlier_copies(batch)
        previous = previous_positions(tokens.shape[1], 1).expand_as(tokens).unsqueeze(-1)
        following = torch.where(copies == NO_KEY, NO_KEY, copies + 1)
        # The measure of TransformerLens: share of all attention, so that every query counts.
        targets = {
            name: RelationalTargets(keys, counted=batch.is_real)
            for name, keys in zip(TYPES, (previous, copies, following), strict=True)
        }
        found = streaming.measure(loaded, batch, targets, batch_size=len(tokens)).measurements
        return torch.stack([found[name].mass.mean(dim=-1) for name in TYPES])

    return {"plain": plain, "scan": scan}


def transformers_ways(folder: Path) -> dict[str, Way]:
    """Eager attention, its patterns reduced in each layer as it comes, or all handed back and reduced at the end."""
    from transformers import AttentionInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.models.gpt2.modeling_gpt2 import eager_attention_forward

    model = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager").eval()
    masks: list[torch.Tensor] = []
    sums: list[torch.Tensor] = []

    def reduced(pattern: torch.Tensor) -> torch.Tensor:
        previous = pattern.diagonal(-1, dim1=-2, dim2=-1).sum(-1)
        duplicate, induction = ((pattern * mask).sum((-2, -1)) for mask in masks)
        return torch.stack([previous, duplicate, induction]).mean(1) / pattern.shape[-1]  # [type, head]

    def by_layer(
        module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any, **rest: Any
    ) -> Any:
        z, pattern = eager_attention_forward(module, query, key, value, mask, **rest)
        sums.append(reduced(pattern))
        return z, None

    AttentionInterface.register("reduced_by_layer", by_layer)
    ALL_MASK_ATTENTION_FUNCTIONS.register("reduced_by_layer", ALL_MASK_ATTENTION_FUNCTIONS["eager"])

    def prepare(tokens: torch.Tensor) -> None:
        is_copy = (tokens[:, None, :] == tokens[:, :, None]).tril(-1)
        following = torch.nn.functional.pad(is_copy, (1, 0))[..., :-1]
        masks[:] = [is_copy[:, None].float(), following[:, None].float()]

    def eager_by_layer(tokens: torch.Tensor) -> Scores:
        model.set_attn_implementation("reduced_by_layer")
        prepare(tokens)
        sums.clear()
        with torch.no_grad():
            model.transformer(tokens, use_cache=False)
        return torch.stack(sums, dim=1)

    def eager_output_attentions(tokens: torch.Tensor) -> Scores:
        model.set_attn_implementation("eager")
        prepare(tokens)
        with torch.no_grad():
            patterns = model.transformer(tokens, use_cache=False, output_attentions=True).attentions
        return torch.stack([reduced(pattern) for pattern in patterns], dim=1)

    return {"eager_by_layer": eager_by_layer, "eager_output_attentions": eager_output_attentions}


def transformer_lens_ways(folder: Path) -> dict[str, Way]:
    """`detect_head` as its documentation shows it, on a list of prompts, and with one cache for its three types."""
    from transformer_lens.head_detector import detect_head

    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    make = _bridge if int(version("transformer-lens").split(".")[0]) >= 4 else hooked_transformer
    model = make(folder, tokenizer)

    def texts(tokens: torch.Tensor) -> list[str]:
        return [" ".join(f"t{token}" for token in row[1:]) for row in tokens.tolist()]  # BOS is prepended by the tool

    def as_documented(tokens: torch.Tensor) -> Scores:
        with torch.no_grad():
            return torch.stack([detect_head(model, texts(tokens), name) for name in TYPES])

    def cached(tokens: torch.Tensor) -> Scores:
        scores = []
        with torch.no_grad():
            for text in texts(tokens):
                _, cache = model.run_with_cache(model.to_tokens(text), remove_batch_dim=True)
                scores.append(torch.stack([detect_head(model, text, name, cache=cache) for name in TYPES]))
        return torch.stack(scores).mean(0)

    return {"detect_head": as_documented, "detect_head_cached": cached}


def hooked_transformer(folder: Path, tokenizer: PreTrainedTokenizerFast) -> Any:
    """The weights as TransformerLens 3 runs them, as they are: nothing is folded or centred."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions.gpt2 import convert_gpt2_weights

    source = GPT2LMHeadModel.from_pretrained(folder)
    config = HookedTransformerConfig(
        n_layers=source.config.n_layer,
        d_model=source.config.n_embd,
        n_heads=source.config.n_head,
        d_head=source.config.n_embd // source.config.n_head,
        d_vocab=source.config.vocab_size,
        n_ctx=source.config.n_positions,
        eps=source.config.layer_norm_epsilon,
        act_fn="gelu_new",
        normalization_type="LN",
        default_prepend_bos=True,
        device="cpu",
    )
    model = HookedTransformer(config, tokenizer=tokenizer)
    left_out = model.load_state_dict(convert_gpt2_weights(source, config), strict=False)
    assert not left_out.unexpected_keys, left_out
    assert all(key.endswith(("mask", "IGNORE", "unembed.b_U")) for key in left_out.missing_keys), left_out
    return model


def _bridge(folder: Path, tokenizer: PreTrainedTokenizerFast) -> Any:
    from transformer_lens.model_bridge import TransformerBridge

    source = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager")
    return TransformerBridge.boot_transformers(str(folder), hf_model=source, tokenizer=tokenizer, device="cpu")


Tools = dict[str, Callable[[Path], dict[str, Way]]]
TOOLS: Tools = {"headcat": headcat_ways, "transformers": transformers_ways, "transformer_lens": transformer_lens_ways}
_PACKAGES = ("torch", "transformers", "transformer-lens")


def _versions(tool: str) -> dict[str, str]:
    return {name: version(name) for name in _PACKAGES if name != "transformer-lens" or tool == "transformer_lens"}


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def _run(way: Way, tokens: torch.Tensor, with_scores: bool) -> dict[str, Any]:
    # What earlier runs left free goes back to the system, or this run would take it without growing.
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = _status_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew (Linux)
    clock, cpu = time.perf_counter(), time.process_time()
    scores = way(tokens)
    answer = {"s": time.perf_counter() - clock, "cpu_s": time.process_time() - cpu}
    answer["peak_bytes"] = _status_bytes("VmHWM") - before
    return answer | ({"scores": scores.tolist()} if with_scores else {})


def serve(tools: Tools) -> None:
    """Say which versions answer, then run what is asked for until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=tools)
    parser.add_argument("folder", type=Path, help="weights, tokenizer and tokens, as peers.py writes them")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.disable_progress_bar()
    # Tools may print; answers go where only they go.
    answers, sys.stdout = sys.stdout, sys.stderr
    ways = tools[arguments.tool](arguments.folder)
    tokens = load_file(arguments.folder / "tokens.safetensors")
    print(json.dumps({"ways": list(ways), "versions": _versions(arguments.tool)}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        done = _run(ways[asked["way"]], tokens[asked["tokens"]], asked.get("with_scores", False))
        print(json.dumps(done), file=answers, flush=True)


if __name__ == "__main__":
    serve(TOOLS)
