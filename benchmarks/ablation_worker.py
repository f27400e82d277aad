"""One tool that ablates heads, in a process of its own; started by `ablation.py` and served as `peer_worker.py` is.

Everything returned is the logit difference at the last position with one head ablated, [layer, head, prompt]; NaN for
heads that a way leaves out.
"""

# ruff: noqa: PLC0415 - each tool's modules are imported where that tool is the one that runs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peer_worker import Scores, Way, hooked_transformer, serve
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

N_PEER_HEADS = 2
"""Heads of each layer that the naive loop ablates: every head costs it one pass, so that a few tell what all cost."""


def answers(tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A right and a wrong next token of each prompt; which they are does not matter."""
    rows = torch.arange(len(tokens))
    return rows + 5, rows + 500


def headcat_ways(folder: Path) -> dict[str, Way]:
    """Mean ablation of all heads, at all positions and at the last one, and attribution patching."""
    from catalog.vocabulary import AblationKind
    from ingest.engine.forward import forward
    from ingest.interventions.ablation import ablated_z
    from ingest.interventions.attribution import estimates
    from ingest.interventions.each_head import each_head, each_head_at_asked
    from ingest.interventions.logit_measure import logit_difference
    from ingest.interventions.recording import Recording, Run, record
    from ingest.loading import wrap_language_model

    model = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="sdpa")
    loaded = wrap_language_model(model, None, hub_id="random/gpt2", revision="random", weights_sha256="0" * 64)

    def plain(tokens: torch.Tensor) -> Scores:
        with torch.no_grad():
            forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
        return torch.empty(0)

    def ablating(ablate: Callable[[Recording, Any, Any], torch.Tensor]) -> Way:
        def way(tokens: torch.Tensor) -> Scores:
            is_real = torch.ones_like(tokens, dtype=torch.bool)
            is_end = torch.zeros_like(is_real)
            is_end[:, -1] = True
            measure = logit_difference(is_end, *answers(tokens))
            recording = record(Run(loaded, tokens, is_real), is_end)
            means = {layer: ablated_z(z, is_real, AblationKind.MEAN) for layer, z in recording.z.items()}
            return ablate(recording, measure, means)

        return way

    return {
        "plain": plain,
        "all_positions": ablating(lambda *given: each_head(*given).values),
        "last_position": ablating(lambda *given: each_head_at_asked(*given).values),
        "attribution_patching": ablating(estimates),
    }


def transformer_lens_ways(folder: Path) -> dict[str, Way]:
    """One run with a hook for each head; means come from a cache that is not timed."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = hooked_transformer(folder, tokenizer)
    means: dict[tuple[int, ...], list[torch.Tensor]] = {}

    def prepare(tokens: torch.Tensor) -> list[torch.Tensor]:
        key = tuple(tokens.shape)
        if key not in means:
            _, cache = model.run_with_cache(tokens, names_filter=lambda name: name.endswith("hook_z"))
            means[key] = [cache["z", layer].mean(dim=0) for layer in range(model.cfg.n_layers)]
        return means[key]

    def naive(at: slice) -> Way:
        def way(tokens: torch.Tensor) -> Scores:
            right, wrong = answers(tokens)
            rows = torch.arange(len(tokens))
            found = torch.full((model.cfg.n_layers, model.cfg.n_heads, len(tokens)), torch.nan)
            for layer, mean in enumerate(prepare(tokens)):
                for head in peer_heads(layer, model.cfg.n_heads):

                    def ablate(z: torch.Tensor, hook: Any, mean: Any = mean, head: int = head) -> torch.Tensor:
                        z[:, at, head] = mean[at, head]
                        return z

                    hooks = [(f"blocks.{layer}.attn.hook_z", ablate)]
                    logits = model.run_with_hooks(tokens, return_type="logits", fwd_hooks=hooks)[:, -1]
                    found[layer, head] = logits[rows, right] - logits[rows, wrong]
            return found

        def prepared(tokens: torch.Tensor) -> Scores:
            with torch.no_grad():
                return way(tokens)

        return prepared

    def means_only(tokens: torch.Tensor) -> Scores:
        with torch.no_grad():
            prepare(tokens)
        return torch.empty(0)

    return {"means": means_only, "naive": naive(slice(None)), "naive_last": naive(slice(-1, None))}


def peer_heads(layer: int, n_heads: int) -> list[int]:
    """Heads of a layer that the naive loop ablates, others in each layer."""
    return [(5 * layer + each * n_heads // N_PEER_HEADS) % n_heads for each in range(N_PEER_HEADS)]


if __name__ == "__main__":
    serve({"headcat": headcat_ways, "transformer_lens": transformer_lens_ways})
