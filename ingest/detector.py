"""The Detector record and the decorator that makes one from a function.

A detector is a pure function: tokens in, targets out. What it is called, what it tests and which rule its source
used stand in the decorator; the engine scores it, `verdict.py` judges.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from catalog.vocabulary import Tier
from ingest.baselines import NullModel, other_visible_keys
from ingest.errors import DetectorDefinitionError
from ingest.measure import Targets
from ingest.prompts.batch import PromptBatch, PromptFamily

# One detector may offer several readings of its type (one offset or another); the scan selects the reading on one
# half of the prompts and scores it on the other.
Reading = Callable[[PromptBatch], Targets | Mapping[str, Targets]]


@dataclass(frozen=True)
class PublishedRule:
    """The line that a source drew, as it drew it."""

    threshold: float
    """A head is of the type when its score is at least this."""
    text: str
    source: str
    """Who drew it and where."""
    is_applicable: bool = True
    """False where the source's number is another than our score: the rule is quoted, and judges nothing."""
    why_not: str | None = None
    """Why it is not applied."""


@dataclass(frozen=True)
class Detector:
    """A test for one head type."""

    name: str
    """Slug of the head type it tests, and name of its file."""
    version: int
    tier: Tier
    metric: str
    """Slug of the metric record that defines the score."""
    paper: str | None
    """arXiv identifier of the paper whose definition is followed."""
    prompts: PromptFamily
    rule: PublishedRule | None
    targets: Reading = field(repr=False)
    null: NullModel = field(repr=False)
    """Which other keys stand for "nothing of the kind"."""
    summary: str
    methods_text: str
    """The docstring: what counts, what does not, where it differs from the paper."""
    source_file: str


def detector(
    *,
    version: int,
    tier: Tier,
    metric: str,
    prompts: PromptFamily,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    null: NullModel = other_visible_keys,
) -> Callable[[Reading], Detector]:
    """Make a detector of a function that maps prompts to targets.

    Raises:
        DetectorDefinitionError: The function is not named as its file, or has no docstring.
    """

    def wrap(function: Reading) -> Detector:
        name = function.__name__
        module = function.__module__.rpartition(".")[2]
        if module != name:
            raise DetectorDefinitionError(f"The detector {name!r} stands in {module}.py; name both alike.")
        text = inspect.getdoc(function)
        if not text:
            raise DetectorDefinitionError(f"The detector {name!r} needs a docstring: it is its methods section.")
        return Detector(
            name=name,
            version=version,
            tier=tier,
            metric=metric,
            paper=paper,
            prompts=prompts,
            rule=rule,
            targets=function,
            null=null,
            summary=text.splitlines()[0],
            methods_text=text,
            source_file=inspect.getsourcefile(function) or "",
        )

    return wrap
