"""`headcat reference`: train the language models that come with headcat."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from ingest.command_output import check_writable_folder, report
from ingest.reference.attention_only import OPTIONS, SEED, Positions
from ingest.reference.build import REFERENCE, save_reference, train_reference
from ingest.reference.card import FACTS_FILE
from ingest.reference.claims import as_toml, claims_of
from ingest.reference.emergence import emerge
from ingest.reference.emergence_card import ATTENTION_ONLY, CURVE_FILE, save_emerged
from ingest.reference.recipe import RECIPE
from ingest.reference.retest import agreed, seeds_of
from ingest.reference.table import table_of, with_table
from ingest.written_folder import check_replaceable


def run_train(out: Path, *, n_steps: int | None, device: str) -> None:
    """Run the command `train`."""
    check_writable_folder(out, "--out")
    check_replaceable(out, FACTS_FILE, REFERENCE)
    training = RECIPE.training if n_steps is None else replace(RECIPE.training, n_steps=n_steps)
    recipe = replace(RECIPE, training=training)
    folder = save_reference(out, recipe, train_reference(recipe, device=device, report=report))
    click.echo(f"Reference language model written to {folder}; its README.md says what it can do.")


def run_emerge(out: Path, *, positions: Positions = "embedded", n_steps: int | None, device: str) -> None:
    """Run the command `emerge`."""
    check_writable_folder(out, "--out")
    check_replaceable(out, CURVE_FILE, ATTENTION_ONLY)
    options = OPTIONS if n_steps is None else replace(OPTIONS, n_steps=n_steps)
    emerged = emerge(SEED, options, positions=positions, device=device, report=report)
    folder = save_emerged(out, SEED, options, emerged)
    click.echo(f"Attention-only language model written to {folder}; its README.md says when its heads came about.")


def run_claims(scans: Sequence[Path], *, language_model: str, first: int) -> None:
    """Run the command `claims`."""
    try:
        found = [json.loads(scan.read_text(encoding="utf-8")) for scan in scans]
        claims, seeds = claims_of(agreed(found)), seeds_of(found)
    except (ValueError, KeyError, TypeError) as problem:
        named = ", ".join(map(str, scans))
        raise click.UsageError(
            f"{named}: no scans that go together ({problem}): write them with `headcat scan --json`, each with a "
            "seed of its own."
        ) from problem
    click.echo(as_toml(claims, language_model=language_model, seeds=seeds, first=first), nl=False)


def run_table(verified: Path, *, into: Path | None) -> None:
    """Run the command `table`."""
    try:
        table = table_of(json.loads(verified.read_text(encoding="utf-8"))["verifications"])
    except (ValueError, KeyError, TypeError) as problem:
        raise click.UsageError(
            f"{verified} holds no verifications ({problem!r}): write them with `headcat verify --json`."
        ) from problem
    if into is None:
        click.echo(table)
    else:
        into.write_text(with_table(into.read_text(encoding="utf-8"), table), encoding="utf-8")
