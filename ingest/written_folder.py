"""A folder with a language model that is made here: written whole or not at all, in the place of an earlier one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from ingest.errors import IngestError


def check_replaceable(folder: Path, mark: str, what: str) -> None:
    """Refuse a place that holds something else than an earlier one.

    Args:
        folder: Where a language model is to be written.
        mark: Name of a file by which an earlier one is known.
        what: The kind of language model, as a sentence names it.

    Raises:
        IngestError: It holds something else.
    """
    may_go = folder.is_dir() and ((folder / mark).exists() or not any(folder.iterdir()))
    if folder.exists() and not may_go:
        raise IngestError(f"{folder} holds something else and is no {what}: name another folder.")


@contextmanager
def written_whole(folder: Path, what: str) -> Iterator[Path]:
    """A place to make and fill; it becomes the folder when this closes without an error.

    Raises:
        IngestError: The folder cannot be written; what stood there is untouched.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            complete = Path(temporary) / "complete"
            yield complete
            if folder.exists():
                folder.rename(Path(temporary) / "replaced")
            complete.rename(folder)
    except (OSError, SafetensorError) as problem:
        raise IngestError(
            f"The {what} cannot be written to {folder} ({problem}): free space or name another folder."
        ) from problem
