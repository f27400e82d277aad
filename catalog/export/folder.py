"""A folder that appears whole or not at all, and the checksums of what is in it."""

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from catalog.errors import ExportError

CHECKSUMS = "SHA256SUMS"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder beside the one wanted, which takes its place when the block ends without an error.

    Raises:
        ExportError: The folder exists and holds something, or cannot be written; nothing was left behind.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ExportError(f"{folder} exists and is not empty; name another folder or remove it first.")
    part = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
        with _stopped_by_sigterm():
            yield part
        part.chmod(0o755)
        for file in part.rglob("*"):
            if file.is_file():
                _flush(file)
        part.replace(folder)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ExportError(f"{folder} cannot be written: {reason}. Nothing was left behind.") from problem
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def sha256_of_file(file: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_checksums(folder: Path) -> dict[str, str]:
    """List every file with its SHA-256, as `sha256sum --check` reads it; returns the list."""
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    sums = {name: sha256_of_file(folder / name) for name in files}
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (folder / CHECKSUMS).write_text(text, "utf-8")
    return sums


def _flush(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Turn a polite kill into an exception, so that the half-written folder is removed."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread, which alone receives signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
