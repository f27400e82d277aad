"""Memory that ran out: told from other failures, and tried again with less at a time."""

from collections.abc import Callable
from typing import TypeVar

import torch

from ingest.errors import IngestError

Result = TypeVar("Result")


def with_room(
    run: Callable[[int], Result],
    batch_size: int,
    device: torch.device,
    *,
    what: str,
    undo: Callable[[], None] = lambda: None,
) -> tuple[Result, int]:
    """What a run gives with as many prompts at a time as fit, and how many those were.

    Args:
        run: Told how many prompts to take at a time.
        batch_size: Prompts at a time, if they fit; halved until they do.
        device: Whose memory it is.
        what: One prompt, in words.
        undo: Called after each run that did not fit.

    Raises:
        IngestError: Not even one prompt fits.
    """
    while True:
        try:
            return run(batch_size), batch_size
        except (MemoryError, RuntimeError) as problem:
            if not _is_out_of_memory(problem):
                raise
            if batch_size == 1:
                raise IngestError(
                    f"{what} does not fit into the memory of {device}: use a shorter --length or a smaller --dtype."
                ) from problem
        # Outside of the handler, whose exception holds the tensors of the failed run.
        undo()
        batch_size = max(1, batch_size // 2)
        _free_cached(device)


def _is_out_of_memory(problem: BaseException) -> bool:
    """Whether a smaller batch may help."""
    # The CPU allocator of torch 2.13 raises a plain RuntimeError with this text.
    return isinstance(problem, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(problem)


def _free_cached(device: torch.device) -> None:
    """Give back what CUDA keeps of a failed run."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
