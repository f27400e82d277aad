"""Detectors of attention patterns measured on ordinary text: the same targets, and their share of all attention.

Only detectors whose own prompts are tokens and nothing else can be: where prompts mark their targets (needles, trees,
segments, questions), ordinary text holds no such marks, and the reason stands in place of the numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.detector import AnyFunction, Detector
from ingest.evidence import Evidence
from ingest.measure import KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.scan_result import BreadthResult, DetectorResult

NO_PATTERN = "the detector measures no attention pattern"
NO_TEXT = "the language model has no tokenizer, and ordinary text cannot be read without one"
MARKED = "the detector's prompts mark what counts, and ordinary text has no such marks"

_PLAIN_FAMILIES = frozenset({"natural_text", "random_tokens", "repeated_random_tokens", "four_times"})
"""Families whose prompts are tokens and nothing else, so that their detectors read any text."""

Measure = Callable[[Sequence[Detector]], Mapping[str, DetectorResult]]


@dataclass(frozen=True)
class _OverAll:
    """A detector's targets with every query counted, those that have none included."""

    function: AnyFunction

    def __call__(self, batch: PromptBatch) -> Targets | dict[str, Targets]:
        offered = self.function(batch)
        if isinstance(offered, Mapping):
            return {name: over_all(targets, batch) for name, targets in offered.items()}
        return over_all(offered, batch)


def why_not(detector: Detector) -> str | None:
    """Why a detector cannot be measured on ordinary text; None where it can."""
    if detector.evidence is not Evidence.PATTERN or detector.prompts is None:
        return NO_PATTERN
    return None if detector.prompts.name in _PLAIN_FAMILIES else MARKED


def measure_breadth(detectors: Sequence[Detector], measure: Measure, *, can_read: bool) -> dict[str, BreadthResult]:
    """Breadth of each detector, by its name.

    Args:
        detectors: Those of the scan.
        can_read: Whether the language model has a tokenizer.
        measure: Measures detectors on the ordinary text that they name as their prompts; results by key.
    """
    if not can_read:
        return {each.name: BreadthResult(None, None, why_not(each) or NO_TEXT) for each in detectors}
    readable = [each for each in detectors if why_not(each) is None]
    scored = {each.name: _variant(each, "score") for each in readable}
    # A score that is made of several masses is no share of attention.
    shared = {each.name: _variant(each, "share") for each in readable if each.combine is None}
    found = measure([*scored.values(), *shared.values()]) if readable else {}
    results = {each.name: BreadthResult(None, None, why_not(each)) for each in detectors}
    for name, variant in scored.items():
        share = found.get(shared[name].key) if name in shared else None
        results[name] = BreadthResult(found[variant.key], share)
    return results


def _variant(detector: Detector, what: str) -> Detector:
    changes: dict[str, Any] = {
        "prompts": natural_text,
        "metric": f"{detector.metric}@ordinary_text_{what}",
        "definitions": {},
        "is_definition": True,
        "behaviour": None,
    }
    if what == "share":
        changes |= {"function": _OverAll(detector.function), "null": None}
    return replace(detector, **changes)


def over_all(targets: Targets, batch: PromptBatch) -> Targets:
    """The same targets with every query counted."""
    if isinstance(targets, KeyProperty):
        return KeyProperty(targets.is_target, batch.is_real)
    return RelationalTargets(targets.keys, targets.floor, batch.is_real)
