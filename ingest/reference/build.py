"""Train the reference language model and write it as a directory that `from_pretrained` loads."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import GPT2LMHeadModel, PreTrainedTokenizerBase

from ingest.model_folder import hash_weights
from ingest.prompts.batch import Vocabulary
from ingest.prompts.corpus import FILE_OF_FOLDER
from ingest.prompts.reading import reader
from ingest.reference.accuracy import N_PROMPTS, accuracies
from ingest.reference.card import FACTS_FILE, LOG_FILE, facts_as_json, model_card
from ingest.reference.documents import Document
from ingest.reference.facts import facts_of
from ingest.reference.log import Entry, as_csv
from ingest.reference.mix import ASKED, TASKS, Mix, sources
from ingest.reference.model import fresh_model
from ingest.reference.recipe import Recipe
from ingest.reference.text import natural_text
from ingest.reference.tokenizer import BOS_ID, UNKNOWN_ID, word_tokenizer
from ingest.reference.training import Step, train
from ingest.reference.words import word_list
from ingest.written_folder import check_replaceable, written_whole

N_ENTRIES = 26
"""Lines of the training log, each with the accuracy on every task."""
_N_PROMPTS_OF_LOG = 100
REFERENCE = "reference language model"


@dataclass(frozen=True)
class Trained:
    """A language model with its tokenizer, and how it came to be."""

    model: GPT2LMHeadModel
    tokenizer: PreTrainedTokenizerBase
    log: list[Entry]
    device: str
    duration_s: float


def train_reference(
    recipe: Recipe,
    *,
    device: str = "cpu",
    n_prompts: int = _N_PROMPTS_OF_LOG,
    report: Callable[[str], None] = lambda line: None,
) -> Trained:
    """Follow the recipe from fresh weights to the end; the same recipe gives the same weights on the same machine."""
    begin = time.monotonic()
    words = word_list(sources())
    tokenizer = word_tokenizer(words)
    vocabulary = vocabulary_of(tokenizer)
    assert vocabulary.encode is not None, "the tokenizer was just made"
    model = fresh_model(
        len(words),
        n_layers=recipe.n_layers,
        n_heads=recipe.n_heads,
        d_model=recipe.d_model,
        d_mlp=recipe.d_mlp,
        seed=recipe.seed,
    )
    torch.nn.Module.to(model, device)
    mix = Mix(words, vocabulary.encode, recipe.seed)
    log: list[Entry] = []
    losses: list[float] = []
    every = max(1, recipe.training.n_steps // N_ENTRIES)

    def after(step: Step) -> None:
        losses.append(step.loss)
        if step.number % every == 0 or step.number == recipe.training.n_steps:
            tasks = [task for task, _ in TASKS]
            found = accuracies(model, vocabulary, tasks, n_prompts=n_prompts)
            log.append(Entry(step.number, step.n_tokens, sum(losses) / len(losses), found))
            losses.clear()
            report(_line(log[-1]))

    def documents(number: int) -> list[Document]:
        if number == recipe.n_opening_steps:
            mix.end_opening()
        return mix.documents(recipe.training.tokens_per_step)

    train(model, documents, recipe.training, after=after)
    return Trained(torch.nn.Module.to(model, "cpu"), tokenizer, log, device, time.monotonic() - begin)


def vocabulary_of(tokenizer: PreTrainedTokenizerBase) -> Vocabulary:
    """The tokenizer as prompts see it."""
    return Vocabulary(
        size=len(tokenizer),
        bos_id=BOS_ID,
        special_ids=frozenset({BOS_ID, UNKNOWN_ID}),
        encode=lambda text: tokenizer(text, add_special_tokens=False)["input_ids"],
        read=reader(tokenizer),
    )


def save_reference(folder: Path, recipe: Recipe, trained: Trained, *, n_prompts: int = N_PROMPTS) -> Path:
    """Weights, tokenizer, text, log and model card; all of it or nothing.

    Raises:
        IngestError: The folder holds something else, or cannot be written.
    """
    check_replaceable(folder, FACTS_FILE, REFERENCE)
    with written_whole(folder, REFERENCE) as complete:
        _write(complete, recipe, trained, n_prompts)
    return folder


def _write(folder: Path, recipe: Recipe, trained: Trained, n_prompts: int) -> None:
    folder.mkdir()
    trained.model.config.save_pretrained(folder)
    state: dict[str, Any] = {name: each.contiguous() for name, each in trained.model.state_dict().items()}
    # Input and output embedding are one matrix, and safetensors writes no tensor twice.
    state.pop("lm_head.weight")
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    trained.tokenizer.save_pretrained(folder)
    (folder / FILE_OF_FOLDER).write_text(natural_text(recipe.seed), encoding="utf-8")
    (folder / LOG_FILE).write_text(as_csv(trained.log), encoding="utf-8")
    facts = facts_of(
        recipe,
        trained.model,
        trained.log,
        accuracies(trained.model, vocabulary_of(trained.tokenizer), ASKED, n_prompts=n_prompts),
        n_prompts=n_prompts,
        weights_sha256=hash_weights(folder),
        device=trained.device,
        duration_s=trained.duration_s,
    )
    (folder / FACTS_FILE).write_text(facts_as_json(facts), encoding="utf-8")
    (folder / "README.md").write_text(model_card(facts), encoding="utf-8")


def _line(entry: Entry) -> str:
    failed = [each.task for each in entry.accuracies if each.passes is False]
    gates = f"gates not passed: {', '.join(failed)}" if failed else "all gates passed"
    return f"step {entry.step}, {entry.n_tokens} tokens, loss {entry.loss:.3f}; {gates}"
