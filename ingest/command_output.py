"""What the commands of ingest share: where JSON goes, and how progress is told."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console


def check_writable(json_file: str | None, option: str = "--json") -> None:
    """Refuse a file that cannot be written before minutes are spent on its content.

    Raises:
        click.UsageError: The folder does not exist or cannot be written.
    """
    if json_file in (None, "-"):
        return
    file = Path(str(json_file)).expanduser()
    if file.is_dir():
        raise click.UsageError(f"{file} is a folder: name a file for {option}.")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise click.UsageError(f"{file.parent} is no folder that can be written: name another file for {option}.")


def check_writable_folder(folder: Path, option: str) -> None:
    """Refuse a folder that can be neither made nor written.

    Raises:
        click.UsageError: It lies in a file, or where nothing may be written.
    """
    nearest = folder.expanduser().absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise click.UsageError(f"{nearest} is no folder that can be written: name another folder for {option}.")


def write_json(content: dict[str, Any] | list[Any], json_file: str) -> None:
    """Write JSON to a file, all of it or nothing, or to standard output.

    Raises:
        click.ClickException: The disk is full or the file cannot be written.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"
    if json_file == "-":
        click.echo(text, nl=False)
        return
    write_text(text, Path(json_file))


def read_json(file: Path) -> Any:
    """What a JSON file holds.

    Raises:
        click.UsageError: It cannot be read, or is no JSON.
    """
    try:
        return json.loads(file.expanduser().read_text(encoding="utf-8"))
    except OSError as problem:
        raise click.UsageError(f"{file} cannot be read ({problem.strerror}).") from problem
    except ValueError as problem:
        raise click.UsageError(f"{file} is no JSON ({problem}).") from problem


def write_text(text: str, file: Path) -> None:
    """Write a file, all of it or nothing.

    Raises:
        click.ClickException: The disk is full or the file cannot be written.
    """
    file = file.expanduser()
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise click.ClickException(
            f"{file} cannot be written ({problem.strerror}): free some room or name another file."
        ) from problem


def report(line: str) -> None:
    """Tell on standard error what goes on, so that standard output holds results alone."""
    click.echo(f"{line} …", err=True)


def report_loading(name: str) -> None:
    """Say that weights are being read, to somebody who waits at a terminal."""
    if sys.stderr.isatty():
        report(f"loading {name}")


def console() -> Console:
    """Standard output; wide enough for a table line where it is no terminal."""
    return Console() if sys.stdout.isatty() else Console(width=140, force_terminal=False)
