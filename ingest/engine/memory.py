"""Telling that memory ran out from other failures."""

import torch


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether a smaller batch may help."""
    # The CPU allocator of torch 2.13 raises a plain RuntimeError with this text.
    return isinstance(problem, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(problem)


def free_cached(device: torch.device) -> None:
    """Give back what CUDA keeps of a failed pass; call it outside the handler, whose exception holds the tensors."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
