"""Options that several commands of ingest share, each written once; nothing heavy is imported here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

DTYPES = ("float32", "bfloat16", "float16")

json_option = click.option("--json", "json_file", metavar="FILE|-", help="Write one JSON object; - is standard output.")
device_option = click.option("--device", help="auto, cpu, cuda or cuda:N.")
dtype_option = click.option("--dtype", type=click.Choice(DTYPES), help="Of the weights; softmax is always float32.")
sign_option = click.option(
    "--sign",
    "sign_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEYFILE",
    help="Sign what is recorded with this private key.",
)


seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Seed of prompts and resampling.")


def prompts_option(at_least: int, default: int = 32) -> Callable[[Command], Command]:
    """`--prompts`, of which a command needs at least so many."""
    return click.option(
        "--prompts", "n_prompts", type=click.IntRange(min=at_least), default=default, show_default=True, help="Prompts."
    )
