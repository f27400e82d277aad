"""Let a module of a language model hand back something else than it would compute, without code for any architecture.

With its parts stubbed, a model's own forward pass can be entered anywhere: layers that are known already are left out,
and all that a family does around them – masks, rotation, scaling of logits – is done by the family itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

Forward = Callable[..., Any]


@contextmanager
def stubbed(stubs: Mapping[nn.Module, Forward]) -> Iterator[None]:
    """Each module runs the function in place of its forward pass while this is open."""
    # An attribute of the instance hides the method of its class; accelerate hides it in the same way, and what it had
    # put there comes back.
    before = {module: module.__dict__.get("forward") for module in stubs}
    try:
        for module, stub in stubs.items():
            module.__dict__["forward"] = stub
        yield
    finally:
        for module, own in before.items():
            if own is None:
                module.__dict__.pop("forward", None)
            else:
                module.__dict__["forward"] = own


def leading_tensor(output: Any) -> Tensor:
    """The residual stream, or what is written to it, in what a module returned: the first tensor there is."""
    return output if isinstance(output, Tensor) else output[0]


def with_leading_tensor(output: Any, tensor: Tensor) -> Any:
    """The same kind of output with another first tensor."""
    if isinstance(output, Tensor):
        return tensor
    return type(output)([tensor, *output[1:]])
