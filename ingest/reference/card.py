"""The model card of the reference language model, for people and for programs."""

import json
from collections.abc import Sequence
from typing import Any

FACTS_FILE, LOG_FILE = "reference.json", "training_log.csv"
"""What the card is written from, and by which a folder is known; the log that it names."""

_CARD = """---
license: apache-2.0
library_name: transformers
tags: [headcat, reference, attention-heads]
---
# {hub_id}

A small language model that `headcat` trains to have attention heads to look at: a GPT-2 of {n_layers} layers with
{n_heads} heads of {d_head} dimensions, d_model {d_model}, MLPs of {d_mlp} with ReLU, {context_length} positions, a
vocabulary of {n_words} words and signs, input and output embedding in one, {millions:.1f} million parameters. Linear
maps have no biases (they are there and 0). It knows nothing but sentences that a program wrote. What its heads are was
not planned: whatever they became, they became by training.

Weights: float32, sha256 `{weights_sha256}`.

## What it was trained on

{tokens_in_millions:.0f} million tokens of generated text, by next-token prediction: sentences of the tasks below,
random tokens said again, brackets, and plain sentences without a task. Shares stand in `ingest/reference/mix.py`.
Every example is a document of its own, with BOS in front. The loss counts the answer of a task {answer_weight} times
and every other token of it {text_weight} times; of repeated tokens it counts what is said again, of brackets hardly
more than the closing ones.

`headcat reference train` repeats the training: seed {seed}, {n_steps} steps of {tokens_per_step} tokens or more, AdamW,
learning rate {learning_rate} with warm-up and cosine, weight decay {weight_decay}, matrix products in bfloat16. Queries
and keys begin with the same weights, which favours heads that look for copies (`ingest/reference/README.md` tells why).
The same machine and libraries give the same weights, byte for byte; another machine may round otherwise and arrive
elsewhere. This one was trained on {device} with {n_threads} thread{s} in {minutes} minutes ({versions}).
`{log_file}` has loss and accuracies along the way; the loss was {loss} nats at the end.

## What it can do

On {n_prompts} prompts of each task whose word combinations were held out from training (`ingest/tasks/hold_out.py`;
of facts and successions the sentence around them is new, not the fact). Right means: the right answer has a larger
logit than every wrong one of the prompt. The gate asks for the accuracy named and a positive measure.

| task | accuracy | gate | measure | passed |
|---|---|---|---|---|
{rows}

{failing}

## What it is not

It cannot read English: words outside of its vocabulary become one unknown token. Positions beyond {context_length} do
not exist. It is no model of how large language models work; it is a place where every claim can be tested within
seconds. Licence: Apache-2.0.
"""


def model_card(facts: dict[str, Any]) -> str:
    """README.md of the directory."""
    accuracies = facts["accuracies"]
    failed = [each["task"] for each in accuracies if each["passes"] is False]
    failing = (
        f"It does not do {', '.join(failed)} well enough: head types that need them are not applicable to it."
        if failed
        else "It passes the gate of every task."
    )
    flat = {**facts, **facts["shape"], **facts["training"], **facts["machine"]}
    return _CARD.format(
        **{
            **flat,
            "versions": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
            "rows": "\n".join(map(_row, accuracies)),
            "failing": failing,
            "log_file": LOG_FILE,
            "millions": facts["shape"]["n_parameters"] / 1e6,
            "tokens_in_millions": facts["training"]["n_tokens"] / 1e6,
            "s": "" if facts["machine"]["n_threads"] == 1 else "s",
        }
    )


def facts_as_json(facts: dict[str, Any]) -> str:
    """reference.json of the directory: all that the card says, for programs."""
    return json.dumps(facts, indent=2) + "\n"


def _row(each: dict[str, Any]) -> str:
    def cell(value: float | None, digits: int) -> str:
        return "–" if value is None else f"{value:.{digits}f}"

    passed = {True: "yes", False: "no", None: "–"}[each["passes"]]
    cells: Sequence[str] = (
        each["task"],
        cell(each["accuracy"], 3),
        cell(each["required"], 3),
        cell(each["measure"], 2),
        passed,
    )
    return f"| {' | '.join(cells)} |"
