"""The check of shapes and types while testing: what `make test` applies to the modules that work on arrays."""

from collections.abc import Callable
from typing import Any

from beartype import beartype


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations enforced, unless it is made anew at each call of another one.

    Writing the check of a function takes milliseconds: once for each function of a module or class, but a thousand
    times for one that is defined within another, which made up most of the time of the tests.
    """
    return function if "<locals>" in function.__qualname__ else beartype(function)
