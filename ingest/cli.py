"""Commands of ingest: headcat scan | verify | detectors | calibrate.

Heavy imports stand inside the functions: `headcat --help` must not wait for torch.
"""

from pathlib import Path
from typing import Any

import click

from ingest.options import Command, device_option, dtype_option, json_option, prompts_option, seed_option, sign_option


def _run_options(command: Command) -> Command:
    device_map = click.option(
        "--device-map",
        metavar="auto|balanced|FILE",
        help="Spread the layers over several devices, by a strategy or by a JSON file of parts and places.",
    )
    for option in (seed_option, prompts_option(1), dtype_option, device_map, device_option):
        command = option(command)
    return command


@click.command()
@click.argument("model")
@click.option("--revision", help="Branch, tag or commit on the hub.")
@click.option("--detectors", "names", default="v1", show_default=True, help="Names joined by commas, v1, or all.")
@click.option("--length", type=click.IntRange(min=1), help="Tokens of a prompt; each family has its own default.")
@click.option(
    "--text",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Cut prompts of text from this file instead of the built-in English.",
)
@click.option("--no-statistics", is_flag=True, help="Only scores and chance: no intervals, no null model.")
@click.option("--no-ablation", is_flag=True, help="No effects: heads are not ablated, which takes longest.")
@click.option("--save", is_flag=True, help="Store run and scores in the catalog.")
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Go on where an interrupted scan with the same arguments stopped.",
)
@click.option("--html", "html_file", metavar="FILE", help="Write a report that a browser shows without a network.")
@click.option(
    "--headvis",
    "headvis_folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Measure HeadVis's six metrics too, and write the folder that HeadVis shows.",
)
@_run_options
@json_option
def scan(model: str, json_file: str | None, save: bool, **arguments: Any) -> None:
    """Score every head of MODEL, a hub id or a directory, with every detector."""
    from ingest.scan_command import run_scan

    run_scan(model, json_file=json_file, save=save, **arguments)


@click.command()
@click.argument("accessions", nargs=-1, metavar="[AHF-…]...")
@click.option("--language-model", metavar="ID", help="All findings on this language model; the hub is asked for it.")
@click.option("--model-path", type=click.Path(path_type=Path), metavar="DIR", help="Folder of a language model.")
@click.option("--head-type", help="Only findings of this head type.")
@click.option("--all", "is_all", is_flag=True, help="Every finding whose language model is on this machine.")
@click.option(
    "--frozen",
    "frozen_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings frozen by `headcat protocol` before this run, which is then confirmatory.",
)
@sign_option
@_run_options
@json_option
def verify(json_file: str | None, **arguments: Any) -> None:
    """Re-run findings of the catalog and store a verdict on each; a second run adds a second verdict."""
    from ingest.verify_command import run_verify

    run_verify(json_file=json_file, **arguments)


@click.command()
@click.argument("name", required=False)
@click.option("--save", is_flag=True, help="Put them into the catalog, where a stored scan puts those that it ran.")
@json_option
def detectors(name: str | None, save: bool, json_file: str | None) -> None:
    """List the detectors, or describe the one called NAME: method, source and measured error rates."""
    from ingest.detectors_command import run_detectors

    run_detectors(name, save=save, json_file=json_file)


@click.command()
@click.argument("names", nargs=-1, metavar="[DETECTOR]...")
@click.option(
    "--seeds", "n_seeds", type=click.IntRange(min=1), default=20, show_default=True, help="Planted, of both schemes."
)
@click.option(
    "--random-models", "n_random", type=click.IntRange(min=1), default=20, show_default=True, help="Of each family."
)
@prompts_option(4, default=24)
@click.option("--save", is_flag=True, help="Write the rates to the shipped record file.")
@json_option
def calibrate(names: tuple[str, ...], **arguments: Any) -> None:
    """Measure how often each DETECTOR (all, where none is named) errs on heads that are known."""
    from ingest.calibration.command import run_calibrate

    run_calibrate(names, **arguments)


@click.group()
def headvis() -> None:
    """Exchange numbers with HeadVis; `headcat scan --headvis DIR` exports them."""


@headvis.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--language-model", required=True, metavar="ID", help="Id or slug of the language model in the catalog.")
def headvis_import(folder: Path, language_model: str) -> None:
    """Store the numbers of every HeadVis run below DIR as score tables of the catalog."""
    from ingest.headvis.command import run_import

    run_import(folder, language_model)


_ABLATIONS = ("mean", "resample", "zero")


def _circuit_options(command: Command) -> Command:
    for option in (seed_option, prompts_option(4), dtype_option, device_option, json_option):
        command = option(command)
    return command


@click.group()
def circuit() -> None:
    """Verify a published circuit on a task, or find what heads tell each other."""


@circuit.command("verify")
@click.argument("accession", metavar="AHC-…")
@click.option("--model", metavar="MODEL", help="Folder or hub id; the circuit's own language model by default.")
@click.option("--task", "task_name", metavar="NAME", help="Task of headcat, where the record's name is none.")
@click.option(
    "--ablation",
    type=click.Choice(_ABLATIONS),
    default="mean",
    show_default=True,
    help="Of the heads outside the circuit.",
)
@_circuit_options
def circuit_verify(accession: str, **arguments: Any) -> None:
    """Faithfulness, completeness, minimality and every edge of a circuit, in each variant that lists its heads."""
    from ingest.circuits.command import run_verify

    run_verify(accession, **arguments)


@circuit.command("discover")
@click.argument("model")
@click.option("--task", "task_name", required=True, metavar="NAME", help="Task of headcat.")
@click.option("--heads", metavar="L5H1,…", help="Heads to look between; otherwise those with the largest effects.")
@click.option("--top", "n_heads", type=click.IntRange(min=1), default=12, show_default=True, help="How many of these.")
@click.option(
    "--mlps",
    type=click.Choice(("frozen", "recomputed")),
    default="frozen",
    show_default=True,
    help="What MLPs between two heads do: keep what they wrote, or hear of the change and pass it on.",
)
@_circuit_options
def circuit_discover(model: str, **arguments: Any) -> None:
    """Edges between heads of MODEL on a task, each measured by path patching."""
    from ingest.circuits.command import run_discover

    run_discover(model=model, **arguments)
