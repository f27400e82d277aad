"""How previous-token and induction heads come about: scores of every head at checkpoints of the two-layer training."""

import copy
import csv
import io
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from catalog.notation import HeadRef
from ingest.detector import Detector
from ingest.loading import wrap_language_model
from ingest.prompts.batch import Vocabulary
from ingest.prompts.repeated_random_tokens import repeated_random_tokens
from ingest.reference.accuracy import repeated_accuracy
from ingest.reference.attention_only import N_WORDS, Positions, attention_only_model, documents
from ingest.reference.tokenizer import BOS_ID
from ingest.reference.training import Step, TrainingOptions, train
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions

DETECTORS = ("previous_token", "duplicate_token", "induction")
"""Induction, and the two kinds of heads that it may build on: one says what stood before a token, the other where the
token stood before."""
N_CHECKPOINTS = 60
_N_PROMPTS, _SEED = 16, 1_000_003


@dataclass(frozen=True)
class Checkpoint:
    """What the heads were at one step of the training."""

    step: int
    n_tokens: int
    loss: float
    """Mean over the steps since the checkpoint before, in nats."""
    accuracy: float
    """Share of repeated tokens that are predicted, of all words."""
    scores: dict[str, np.ndarray]
    """[layer, head] by detector: attention mass, in [0, 1]."""


@dataclass(frozen=True)
class Emerged:
    """The language model at the end, and its curve."""

    model: PreTrainedModel
    curve: list[Checkpoint]
    duration_s: float
    device: str
    positions: Positions = "embedded"


def emerge(
    seed: int,
    options: TrainingOptions,
    *,
    positions: Positions = "embedded",
    device: str = "cpu",
    report: Callable[[str], None] = lambda line: None,
) -> Emerged:
    """Train from fresh weights and look at every head along the way, the first time before any training."""
    begin = time.monotonic()
    model = torch.nn.Module.to(attention_only_model(seed, positions), device)
    generator = random.Random(seed)
    detectors = select(DETECTORS)
    steps = {round(options.n_steps * at / N_CHECKPOINTS) for at in range(1, N_CHECKPOINTS + 1)}
    curve = [_checkpoint(model, detectors, Step(0, 0, float("nan")), float("nan"))]
    losses: list[float] = []

    def after(step: Step) -> None:
        losses.append(step.loss)
        if step.number in steps:
            curve.append(_checkpoint(model, detectors, step, sum(losses) / len(losses)))
            losses.clear()
            report(_line(curve[-1]))

    train(model, lambda number: documents(generator, options.tokens_per_step), options, after=after)
    return Emerged(torch.nn.Module.to(model, "cpu"), curve, time.monotonic() - begin, device, positions)


def _checkpoint(model: PreTrainedModel, detectors: Sequence[Detector], step: Step, loss: float) -> Checkpoint:
    # A scan freezes the weights that it measures; training goes on with its own.
    loaded = wrap_language_model(
        copy.deepcopy(model), None, hub_id="attention-only", revision=f"step {step.number}", weights_sha256="0" * 64
    )
    result = scan(loaded, detectors, ScanOptions(n_prompts=_N_PROMPTS, seed=_SEED, with_statistics=False))
    scores = {each.detector.name: each.scores.score for each in result.detectors if each.scores is not None}
    return Checkpoint(step.number, step.n_tokens, loss, _accuracy(loaded.model), scores)


@torch.no_grad()
def _accuracy(model: PreTrainedModel) -> float:
    vocabulary = Vocabulary(N_WORDS, BOS_ID, frozenset({BOS_ID}))
    batch = repeated_random_tokens.make(vocabulary, _N_PROMPTS, repeated_random_tokens.default_length, _SEED)
    return repeated_accuracy(model, batch)


def as_csv(curve: Sequence[Checkpoint]) -> str:
    """One line for each checkpoint; a column for each detector and head."""
    heads = [
        (name, layer, head) for name, scores in curve[0].scores.items() for layer, head in np.ndindex(*scores.shape)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"{name} {HeadRef(layer, head)}" for name, layer, head in heads]
    writer.writerow(["step", "n_tokens", "loss", "accuracy", *names])
    for each in curve:
        loss = "" if each.step == 0 else f"{each.loss:.4f}"
        scores = [f"{each.scores[name][layer, head]:.4f}" for name, layer, head in heads]
        writer.writerow([each.step, each.n_tokens, loss, f"{each.accuracy:.4f}", *scores])
    return text.getvalue()


def first_step(curve: Sequence[Checkpoint], detector: str, above: float) -> int | None:
    """Step of the first checkpoint at which some head scores above a bound; None where none ever does."""
    return next((each.step for each in curve if each.scores[detector].max() > above), None)


def _line(each: Checkpoint) -> str:
    best = ", ".join(f"{name} {scores.max():.2f}" for name, scores in each.scores.items())
    return f"step {each.step}, loss {each.loss:.3f}, accuracy {each.accuracy:.2f}; best heads: {best}"
