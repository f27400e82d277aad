"""Commands of the reference language models: headcat reference train | emerge | claims | table.

Heavy imports stand inside the functions: `headcat --help` must not wait for torch.
"""

from pathlib import Path
from typing import Any

import click


@click.group()
def reference() -> None:
    """Train the language models that come with headcat, from text that a program writes."""


@reference.command("train")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reference"),
    show_default=True,
    help="Folder to write: weights, tokenizer, text, log and model card.",
)
@click.option("--steps", "n_steps", type=click.IntRange(min=1), help="Fewer or more steps than the recipe.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
def reference_train(**arguments: Any) -> None:
    """Train the reference language model: many tasks, so that many types of heads come about."""
    from ingest.reference.command import run_train

    run_train(**arguments)


@reference.command("emerge")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("attention-only"),
    show_default=True,
    help="Folder to write: weights, curve and model card.",
)
@click.option(
    "--positions",
    type=click.Choice(("embedded", "rotary")),
    default="embedded",
    show_default=True,
    help="Whether positions are in the residual stream, or only rotate queries and keys.",
)
@click.option("--steps", "n_steps", type=click.IntRange(min=1), help="Fewer or more steps than the recipe.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
def reference_emerge(**arguments: Any) -> None:
    """Train two layers of attention and keep the scores of their heads while induction comes about."""
    from ingest.reference.command import run_emerge

    run_emerge(**arguments)


@reference.command("claims")
@click.argument(
    "scans", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="SCAN.json…", nargs=-1, required=True
)
@click.option("--language-model", required=True, metavar="SLUG", help="Of the record whose heads are claimed.")
@click.option("--first", type=click.IntRange(min=1), required=True, metavar="N", help="Number of the first accession.")
def reference_claims(**arguments: Any) -> None:
    """Print claims about what `headcat scan --json SCAN.json` found, for a file of findings.

    Of several scans with other seeds: about what all of them found, and what none did.
    """
    from ingest.reference.command import run_claims

    run_claims(**arguments)


@reference.command("table")
@click.argument("verified", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="VERIFY.json")
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="README.md",
    help="Replace the table between the marks of this file; without it, print.",
)
def reference_table(**arguments: Any) -> None:
    """Make the table of head types from the JSON of `headcat verify`."""
    from ingest.reference.command import run_table

    run_table(**arguments)
