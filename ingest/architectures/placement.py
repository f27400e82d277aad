"""Where the weights of a module are, when a language model is spread over several devices or lies partly on disk.

accelerate puts the weights of an offloaded module into memory for the time of its own forward pass. Whoever reads
weights without such a pass reads them through `weight_of`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn


def weight_of(module: nn.Module) -> Tensor:
    """The module's `weight`, in memory, on the device where the module computes."""
    with _in_memory(module):
        return cast(Tensor, module.weight).detach()


def device_of(module: nn.Module) -> torch.device:
    """Where the module computes."""
    planned: Any = getattr(getattr(module, "_hf_hook", None), "execution_device", None)
    if planned is not None:
        # accelerate counts GPUs by plain numbers.
        return torch.device("cuda", planned) if isinstance(planned, int) else torch.device(planned)
    return next((each.device for each in module.parameters()), torch.device("cpu"))


@contextmanager
def _in_memory(module: nn.Module) -> Iterator[None]:
    hook: Any = getattr(module, "_hf_hook", None)
    if not getattr(hook, "offload", False):
        yield
        return
    hook.pre_forward(module)
    try:
        yield
    finally:
        hook.post_forward(module, None)
