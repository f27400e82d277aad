"""The two-layer language model as a directory: weights, curve, and a card that says what was seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from catalog.notation import HeadRef
from ingest.model_folder import hash_weights
from ingest.reference.attention_only import D_MODEL, HUB_IDS, N_HEADS, N_LAYERS, N_WORDS
from ingest.reference.emergence import DETECTORS, Checkpoint, Emerged, as_csv, first_step
from ingest.reference.training import TrainingOptions
from ingest.written_folder import check_replaceable, written_whole

CURVE_FILE = "emergence.csv"
ATTENTION_ONLY = "attention-only language model"
_CLEAR = 0.4
"""Attention mass from which a head is commonly called one of the type; a line to read a curve by, no rule."""

_KINDS = {
    "embedded": "a GPT-2 whose MLPs are 0, and whose positions are embedded in the residual stream",
    "rotary": "a Llama whose MLPs are 0, and whose positions only rotate queries and keys",
}

_CARD = """---
license: apache-2.0
library_name: transformers
tags: [headcat, reference, attention-heads]
---
# {hub_id}

{n_layers} layers of {n_heads} attention heads and nothing else, d_model {d_model}, {n_words} meaningless tokens:
{kind}. It was trained on random tokens said again, and
on nothing else, to watch how heads come about that look for what followed the last time. Weights: float32, sha256
`{weights_sha256}`.

`headcat reference emerge{options}` repeats it: seed {seed}, {n_steps} steps of about {tokens_per_step} tokens,
AdamW, learning rate {learning_rate}; {minutes:.1f} minutes on {device}. The same machine and libraries give the same
weights. Queries and keys begin with the same weights (`ingest/reference/model.py`), which favours heads that look for
copies.

## What was seen

`{curve_file}` has, for {n_checkpoints} checkpoints, the attention mass of every head as `headcat scan` measures it, and
the share of repeated tokens that are predicted out of all tokens.

{story}

| step | tokens | loss | accuracy | best previous-token head | best duplicate-token head | best induction head |
|---|---|---|---|---|---|---|
{rows}

At the end:

| head | previous token | duplicate token | induction |
|---|---|---|---|
{heads}

Licence: Apache-2.0.
"""


def save_emerged(folder: Path, seed: int, options: TrainingOptions, emerged: Emerged) -> Path:
    """Weights, curve and card; all of it or nothing.

    Raises:
        IngestError: The folder holds something else, or cannot be written.
    """
    check_replaceable(folder, CURVE_FILE, ATTENTION_ONLY)
    with written_whole(folder, ATTENTION_ONLY) as complete:
        _write(complete, seed, options, emerged)
    return folder


def _write(folder: Path, seed: int, options: TrainingOptions, emerged: Emerged) -> None:
    folder.mkdir()
    emerged.model.config.save_pretrained(folder)
    state: dict[str, Any] = dict(emerged.model.state_dict())
    if emerged.model.config.tie_word_embeddings:
        # Input and output embedding are one matrix, and safetensors writes no tensor twice.
        state.pop("lm_head.weight")
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / CURVE_FILE).write_text(as_csv(emerged.curve), encoding="utf-8")
    card = _CARD.format(
        hub_id=HUB_IDS[emerged.positions],
        kind=_KINDS[emerged.positions],
        options="" if emerged.positions == "embedded" else f" --positions {emerged.positions}",
        n_layers=N_LAYERS,
        n_heads=N_HEADS,
        d_model=D_MODEL,
        n_words=N_WORDS,
        weights_sha256=hash_weights(folder),
        seed=seed,
        n_steps=options.n_steps,
        tokens_per_step=options.tokens_per_step,
        learning_rate=options.learning_rate,
        minutes=emerged.duration_s / 60,
        device=emerged.device,
        curve_file=CURVE_FILE,
        n_checkpoints=len(emerged.curve),
        story=story(emerged.curve),
        rows="\n".join(map(_row, emerged.curve)),
        heads=_heads(emerged.curve[-1]),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def story(curve: Sequence[Checkpoint]) -> str:
    """What came about and when, in words."""
    said = []
    for detector in DETECTORS:
        called = detector.replace("_", "-")
        step = first_step(curve, detector, _CLEAR)
        best = _best(curve[-1].scores[detector])
        said.append(
            f"No {called} head ever scored above {_CLEAR}; the best at the end is {best}."
            if step is None
            else f"The first {called} head scored above {_CLEAR} at step {step}; the best at the end is {best}."
        )
    said.append(_order(*(first_step(curve, detector, _CLEAR) for detector in DETECTORS)))
    right = next((each.step for each in curve if each.accuracy > 0.5), None)
    said.append(
        "Half of the repeated tokens were never predicted."
        if right is None
        else f"More than half of the repeated tokens were predicted from step {right} on."
    )
    return " ".join(said)


def _order(previous: int | None, duplicate: int | None, induction: int | None) -> str:
    """What the induction heads of this language model can be reading."""
    if induction is None:
        return "So nothing can be said of what comes first."
    if previous is not None:
        order = (
            "before" if previous < induction else ("at the same checkpoint as" if previous == induction else "after")
        )
        return f"So the previous-token head came {order} the induction head."
    if duplicate is not None:
        return (
            "So it did not come about in the way that is described for large language models, where a previous-token "
            "head tells what stood before each token. A duplicate-token head came first, which fits an induction head "
            "that is told where its token stood before and attends one position further; Elhage et al. 2021 (A "
            "Mathematical Framework for Transformer Circuits) saw a head of GPT-2 do so with position embeddings."
        )
    return "What the induction head reads is none of the two."


def _row(each: Checkpoint) -> str:
    best = [_best(each.scores[name]) for name in DETECTORS]
    loss = "–" if each.step == 0 else f"{each.loss:.2f}"
    return f"| {each.step} | {each.n_tokens} | {loss} | {each.accuracy:.2f} | {' | '.join(best)} |"


def _best(scores: np.ndarray) -> str:
    layer, head = np.unravel_index(int(scores.argmax()), scores.shape)
    return f"{HeadRef(int(layer), int(head))} {scores.max():.2f}"


def _heads(last: Checkpoint) -> str:
    grids = [last.scores[name] for name in DETECTORS]
    return "\n".join(
        f"| {HeadRef(layer, head)} | {' | '.join(f'{grid[layer, head]:.3f}' for grid in grids)} |"
        for layer, head in np.ndindex(*grids[0].shape)
    )
