"""What is known of a trained reference language model: the content of its card."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch
from transformers import GPT2LMHeadModel

from ingest.provenance import versions
from ingest.reference.accuracy import Accuracy
from ingest.reference.log import Entry
from ingest.reference.mix import ANSWER_WEIGHT, TEXT_WEIGHT
from ingest.reference.model import CONTEXT_LENGTH
from ingest.reference.recipe import HUB_ID, Recipe


def facts_of(
    recipe: Recipe,
    model: GPT2LMHeadModel,
    log: Sequence[Entry],
    found: Sequence[Accuracy],
    *,
    n_prompts: int,
    weights_sha256: str,
    device: str,
    duration_s: float,
) -> dict[str, Any]:
    """All that the card says, in types of JSON.

    Args:
        recipe: What was followed.
        model: With its trained weights.
        log: Of the training.
        found: What the language model can do, measured on the shipped weights.
        n_prompts: Prompts of each task that this was measured on.
        weights_sha256: Hash of the file of weights.
        device: On which it was trained.
        duration_s: How long the training took, in seconds.
    """
    return {
        "hub_id": HUB_ID,
        "weights_sha256": weights_sha256,
        "seed": recipe.seed,
        "shape": {
            "n_layers": recipe.n_layers,
            "n_heads": recipe.n_heads,
            "d_model": recipe.d_model,
            "d_head": recipe.d_model // recipe.n_heads,
            "d_mlp": recipe.d_mlp,
            "context_length": CONTEXT_LENGTH,
            "n_words": model.config.vocab_size,
            "n_parameters": sum(each.numel() for each in model.parameters()),
        },
        "training": {
            **asdict(recipe.training),
            "answer_weight": ANSWER_WEIGHT,
            "text_weight": TEXT_WEIGHT,
            "n_tokens": log[-1].n_tokens,
            "loss": round(log[-1].loss, 4),
            "minutes": round(duration_s / 60, 1),
        },
        "machine": {"device": device, "n_threads": torch.get_num_threads()},
        "versions": {name: version for name, version in versions().items() if name != "headcat"},
        "n_prompts": n_prompts,
        "accuracies": [_rounded(each) for each in found],
    }


def _rounded(found: Accuracy) -> dict[str, Any]:
    """To the digits that another machine's arithmetic leaves alone."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in found.as_json().items()}
