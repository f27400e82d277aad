"""Commands on stored records: headcat verdict | rerun | protocol | keys. Heavy imports stand inside the functions."""

from pathlib import Path

import click

from ingest.options import DTYPES, device_option, json_option, prompts_option, sign_option


@click.command()
@click.argument("file", metavar="FILE|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PUBLIC",
    help="Refuse records that this public key did not sign.",
)
@json_option
def verdict(file: str, key_file: Path | None, json_file: str | None) -> None:
    """Judge stored verifications again: one record, an answer of the API, or JSON Lines of them.

    Exit code 0: all equal; 1: a verdict differs; 2: a record is refused, with the field named.
    """
    from ingest.replay.command import run_verdict

    run_verdict(file, key_file=key_file, json_file=json_file)


@click.command()
@click.argument("accession", metavar="AHV-…")
@click.option("--model-path", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the language model.")
@device_option
@sign_option
@json_option
def rerun(
    accession: str, model_path: Path | None, device: str | None, sign_file: Path | None, json_file: str | None
) -> None:
    """Repeat a verification with its own weights, prompts and seed, and store the repetition.

    Exit code 0: equal within the metric's tolerance; 3: drift; 4: contradiction.
    """
    from ingest.rerun_command import run_rerun

    run_rerun(accession, model_path=model_path, device=device, sign_file=sign_file, json_file=json_file)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the runs to come.")
@prompts_option(4)
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
def protocol(file: Path, seed: int, n_prompts: int, dtype: str) -> None:
    """Freeze the settings of runs to come in FILE: `headcat verify --frozen FILE` is then confirmatory."""
    import json
    from datetime import UTC, datetime

    from ingest.command_output import check_writable, write_text
    from ingest.protocol import frozen_settings
    from ingest.provenance import code_sha256

    check_writable(str(file), "FILE")
    if file.exists():
        raise click.UsageError(f"{file} is there already, and frozen settings are not overwritten: name another file.")
    run = {"prompts": n_prompts, "seed": seed, "dtype": dtype}
    frozen = frozen_settings(run, code_sha256(), datetime.now(UTC))
    write_text(json.dumps(frozen, indent=1) + "\n", file)
    click.echo(f"Froze the settings in {file}, sha256 {frozen['sha256']}.")


@click.group()
def keys() -> None:
    """Keys that records are signed with."""


@keys.command("sign-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def sign_key(file: Path) -> None:
    """Make an Ed25519 key: FILE for you alone, FILE.pub for whoever checks your signatures."""
    from ingest.signature import make_key

    public = make_key(file.expanduser())
    click.echo(f"Wrote the private key to {file}, and the public one to {public}.")
