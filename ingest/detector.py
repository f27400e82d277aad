"""The Detector record and the decorators that make one from a function, one decorator for each kind of evidence.

A detector is a pure function: prompts, weights or a decoded text in, targets or values out. What it is called, what it
tests and which rule its source used stand in the decorator; the engine scores it, `verdict.py` judges.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.vocabulary import Tier
from ingest.baselines import LogitNullModel, NullModel, other_prompt_token, other_visible_keys
from ingest.behaviour import Served
from ingest.cause import CAUSAL_RULE, MIN_EFFECT
from ingest.decoding import DecodingTrace
from ingest.errors import DetectorDefinitionError
from ingest.evidence import Evidence, ItemReadings, ItemScores
from ingest.measure import LogitTargets, Measurement, MomentTargets, Targets
from ingest.prompts.batch import PromptBatch, PromptFamily
from ingest.tasks.task import Task
from ingest.verdict import NULL_RULE
from ingest.weights import WeightView

# One detector may offer several readings of its type (one offset or another); the scan selects the reading on one
# half of the prompts, or items, and scores it on the other.
Reading = Callable[[Any], Targets | Mapping[str, Targets]]
LogitReading = Callable[[Any], LogitTargets | Mapping[str, LogitTargets]]
WeightReading = Callable[[WeightView], ItemScores | ItemReadings]
DecodingReading = Callable[[DecodingTrace], ItemScores | ItemReadings]
MomentReading = Callable[[PromptBatch], MomentTargets]
TaskReading = Callable[[Any], ItemScores]
"""From a TaskRun (`interventions/task_run.py`) to effects, which `task_scores.py` makes comparable."""
# What was measured for each reading, in; what is scored, out: a difference of two masses, a curve fitted to several.
Combination = Callable[[Mapping[str, Measurement]], Mapping[str, Measurement]]
AnyFunction = Callable[..., Any]
AnyNull = NullModel | LogitNullModel


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
class Definition:
    """A further way to score the same head type, kept beside the primary one under a metric of its own."""

    function: AnyFunction
    evidence: Evidence = Evidence.PATTERN
    prompts: PromptFamily | None = None
    null: AnyNull | None = None
    """None takes the usual one of its kind of evidence."""
    rule: PublishedRule | None = None
    n_tokens: int = 0
    """DECODING: tokens to decode."""
    combine: Combination | None = None


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
    prompts: PromptFamily | None
    """None where no prompt is read: weights."""
    rule: PublishedRule | None
    function: AnyFunction = field(repr=False)
    null: AnyNull | None = field(repr=False)
    """What stands for "nothing of the kind": other keys, another token. None where the function brings its own."""
    summary: str
    methods_text: str
    """The docstring: what counts, what does not, where it differs from the paper."""
    source_file: str
    evidence: Evidence = Evidence.PATTERN
    definitions: Mapping[str, Definition] = field(default_factory=dict, repr=False)
    """Competing definitions of the type, by the slug of their metric."""
    n_tokens: int = 0
    """DECODING: tokens to decode after each prompt."""
    combine: Combination | None = field(default=None, repr=False)
    """Makes the readings that are scored from those that are measured; None scores them as they are. The null model
    goes through it too."""
    is_definition: bool = False
    """Whether this is a competing definition of another detector, made by `as_definitions`."""
    min_effect: float = MIN_EFFECT
    """Least share of a behaviour that a head of this type must account for, where cause is measured."""
    behaviour: Served | None = None
    """What heads of this type are for, which removing one is to change: `causal_arm.py`. None where no source says, and
    for detectors of cause, whose task is that behaviour."""
    no_behaviour: str | None = None
    """Why none is named: a sentence. Every primary detector has a task, a behaviour, or this."""

    @property
    def targets(self) -> AnyFunction:
        """The decorated function, under the name of what it returns for prompts."""
        return self.function

    @property
    def task(self) -> Task | None:
        """What the language model must be able to do before a head is scored; None where nothing is asked of it."""
        return self.prompts if self.evidence is Evidence.CAUSAL and isinstance(self.prompts, Task) else None

    @property
    def key(self) -> str:
        """Tells primary scores and each definition apart within a scan."""
        return f"{self.name}:{self.metric}" if self.is_definition else self.name

    def as_definitions(self) -> list["Detector"]:
        """Each competing definition as a detector that can be measured like any other."""
        return [
            replace(
                self,
                metric=metric,
                function=each.function,
                evidence=each.evidence,
                prompts=each.prompts,
                null=each.null,
                rule=each.rule,
                n_tokens=each.n_tokens,
                combine=each.combine,
                definitions={},
                is_definition=True,
                behaviour=None,
            )
            for metric, each in self.definitions.items()
        ]


def rule_of(detector: Detector) -> str:
    """Our rule for a detector's score, in words."""
    if detector.evidence is Evidence.CAUSAL:
        return f"{CAUSAL_RULE}; the least share of this type is {detector.min_effect:g}"
    return NULL_RULE


_USUAL_NULL: dict[Evidence, AnyNull] = {
    Evidence.PATTERN: other_visible_keys,
    Evidence.DIRECT_LOGIT: other_prompt_token,
}

Definitions = Mapping[str, Definition | AnyFunction]


def detector(
    *,
    version: int,
    tier: Tier,
    metric: str,
    prompts: PromptFamily,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    null: NullModel = other_visible_keys,
    combine: Combination | None = None,
    definitions: Definitions | None = None,
    behaviour: Served | None = None,
    no_behaviour: str | None = None,
    min_effect: float = MIN_EFFECT,
) -> Callable[[Reading], Detector]:
    """Make a detector of a function that maps prompts to the keys that count.

    Args:
        combine: Makes what is scored from the masses of several readings.
        behaviour: What removing a head of this type is to change, by at least `min_effect` of it.
        no_behaviour: Why none is named.
        definitions: Competing definitions by metric; a bare function shares evidence, prompts and null model.

    Raises:
        DetectorDefinitionError: The function is not named as its file, or has no docstring.
    """
    return _decorator(
        Evidence.PATTERN,
        definitions,
        version=version,
        tier=tier,
        metric=metric,
        paper=paper,
        prompts=prompts,
        rule=rule,
        null=null,
        combine=combine,
        behaviour=behaviour,
        no_behaviour=no_behaviour,
        min_effect=min_effect,
    )


def direct_logit_detector(
    *,
    version: int,
    tier: Tier,
    metric: str,
    prompts: PromptFamily,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    null: LogitNullModel = other_prompt_token,
    definitions: Definitions | None = None,
    behaviour: Served | None = None,
    no_behaviour: str | None = None,
    min_effect: float = MIN_EFFECT,
) -> Callable[[LogitReading], Detector]:
    """Make a detector of a function that maps prompts to the tokens that a head should raise or lower."""
    return _decorator(
        Evidence.DIRECT_LOGIT,
        definitions,
        version=version,
        tier=tier,
        metric=metric,
        paper=paper,
        prompts=prompts,
        rule=rule,
        null=null,
        behaviour=behaviour,
        no_behaviour=no_behaviour,
        min_effect=min_effect,
    )


def weight_detector(
    *,
    version: int,
    tier: Tier,
    metric: str,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    definitions: Definitions | None = None,
    behaviour: Served | None = None,
    no_behaviour: str | None = None,
    min_effect: float = MIN_EFFECT,
) -> Callable[[WeightReading], Detector]:
    """Make a detector of a function that reads weights and returns a value for each head and item."""
    return _decorator(
        Evidence.WEIGHTS,
        definitions,
        version=version,
        tier=tier,
        metric=metric,
        paper=paper,
        prompts=None,
        rule=rule,
        behaviour=behaviour,
        no_behaviour=no_behaviour,
        min_effect=min_effect,
    )


def decoding_detector(
    *,
    version: int,
    tier: Tier,
    metric: str,
    prompts: PromptFamily,
    n_tokens: int,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    definitions: Definitions | None = None,
    behaviour: Served | None = None,
    no_behaviour: str | None = None,
    min_effect: float = MIN_EFFECT,
) -> Callable[[DecodingReading], Detector]:
    """Make a detector of a function that maps a decoded text to a value for each head and prompt.

    Args:
        n_tokens: Tokens to decode after each prompt.
    """
    return _decorator(
        Evidence.DECODING,
        definitions,
        version=version,
        tier=tier,
        metric=metric,
        paper=paper,
        prompts=prompts,
        rule=rule,
        n_tokens=n_tokens,
        behaviour=behaviour,
        no_behaviour=no_behaviour,
        min_effect=min_effect,
    )


def moments(
    *, version: int, tier: Tier, metric: str, prompts: PromptFamily, paper: str | None = None
) -> Callable[[MomentReading], Detector]:
    """Make a metric of a function that says which queries' attention has its moment taken; never positive."""
    return _decorator(
        Evidence.MOMENTS, None, version=version, tier=tier, metric=metric, paper=paper, prompts=prompts, rule=None
    )


def task_detector(
    *,
    version: int,
    metric: str,
    task: Task,
    tier: Tier = Tier.V2,
    paper: str | None = None,
    rule: PublishedRule | None = None,
    min_effect: float = MIN_EFFECT,
    definitions: Definitions | None = None,
) -> Callable[[TaskReading], Detector]:
    """Make a detector of a function that maps one task on one language model to each head's effect on it.

    Args:
        task: Shared by all its detectors in a scan; where the language model fails it no head is scored.
        min_effect: Least share of the task that a head of this type must account for.
        definitions: Competing definitions by metric; a bare function measures another effect on the same task.
    """
    return _decorator(
        Evidence.CAUSAL,
        definitions,
        version=version,
        tier=tier,
        metric=metric,
        paper=paper,
        prompts=task,
        rule=rule,
        min_effect=min_effect,
    )


def _decorator(evidence: Evidence, definitions: Definitions | None, **stated: Any) -> Callable[[AnyFunction], Detector]:
    def wrap(function: AnyFunction) -> Detector:
        text = _methods_text(function)
        bare = Detector(
            name=function.__name__,
            function=function,
            summary=text.splitlines()[0],
            methods_text=text,
            # Of the module, not of the function: that one may be wrapped by a checker of shapes.
            source_file=str(sys.modules[function.__module__].__file__),
            evidence=evidence,
            **({"null": None} | stated),
        )
        return replace(bare, definitions={slug: _complete(each, bare) for slug, each in (definitions or {}).items()})

    return wrap


def _methods_text(function: AnyFunction) -> str:
    name = function.__name__
    module = function.__module__.rpartition(".")[2]
    if module != name:
        raise DetectorDefinitionError(f"The detector {name!r} stands in {module}.py; name both alike.")
    text = inspect.getdoc(function)
    if not text:
        raise DetectorDefinitionError(f"The detector {name!r} needs a docstring: it is its methods section.")
    return text


def _complete(given: Definition | AnyFunction, primary: Detector) -> Definition:
    """A definition with what it left open: evidence, prompts and null model of the primary one."""
    if not isinstance(given, Definition):
        return Definition(
            given, primary.evidence, primary.prompts, primary.null, None, primary.n_tokens, primary.combine
        )
    return replace(
        given,
        prompts=given.prompts or (None if given.evidence is Evidence.WEIGHTS else primary.prompts),
        null=given.null or _USUAL_NULL.get(given.evidence),
        n_tokens=given.n_tokens or primary.n_tokens,
    )
