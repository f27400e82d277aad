"""How a rule stands after one run, and the one level of significance; rules are in `verdict.py` and `cause.py`."""

from enum import StrEnum

ALPHA = 0.05
"""Expected share of false findings among the heads that beat their null model."""


class Standing(StrEnum):
    """How a rule stands after one run."""

    MET = "met"
    UNMET = "unmet"
    OPEN = "open"
    """The interval contains the line, or the run was too small to tell."""
