"""Two runs of one verification side by side: equal within the metric's tolerance, drift, or contradiction. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.vocabulary import Verdict

FULL_PRECISION, HALF_PRECISION = 1e-4, 1e-2
"""Where a metric states no tolerance. Streamed and full patterns agree to the first in float32 on every supported
family; the steps of bfloat16 are 2^-8."""
_SUPPORT = {Verdict.REPRODUCED, Verdict.PARTIALLY_REPRODUCED}

# What may move a number, as it stands in a record.
_MAY_MOVE = (
    "detector.version",
    "detector.code_sha256",
    "provenance.code_sha256",
    "provenance.prompts_sha256",
    "provenance.attention_path",
    "provenance.machine.device",
    "provenance.machine.device_name",
    "provenance.machine.dtype",
    "provenance.versions.torch",
    "provenance.versions.transformers",
    "provenance.versions.numpy",
    "protocol_version",
)


class Outcome(StrEnum):
    """What a re-run says of the run that it repeats."""

    EQUAL = "equal"
    """Scores within the tolerance, the same verdict, the same rules met."""
    DRIFT = "drift"
    """Something moved, and neither run denies what the other found."""
    CONTRADICTION = "contradiction"
    """One run supports the claim, in part at least, and the other refutes it."""


@dataclass(frozen=True)
class Comparison:
    """Two runs of one verification."""

    outcome: Outcome
    before: float | None
    after: float | None
    tolerance: float
    verdict_before: Verdict
    verdict_after: Verdict
    changed: list[str]
    """What differs between the runs and may move a number: name, value before, value after."""

    @property
    def difference(self) -> float | None:
        """Score after minus score before; None where one of them has none."""
        return None if self.before is None or self.after is None else self.after - self.before


def compare(before: dict[str, Any], after: dict[str, Any], stated_tolerance: float | None) -> Comparison:
    """Compare two records.

    Args:
        before: The record that was repeated.
        after: That of the new run.
        stated_tolerance: Of the metric; None takes that of the dtype.
    """
    dtype = before["provenance"]["machine"]["dtype"]
    usual = FULL_PRECISION if dtype in ("float32", "float64") else HALF_PRECISION
    tolerance = usual if stated_tolerance is None else stated_tolerance
    first, second = before["measured"]["score"], after["measured"]["score"]
    verdict_before, verdict_after = (Verdict(each["judgement"]["verdict"]) for each in (before, after))
    verdicts = {verdict_before, verdict_after}
    is_near = first is second if first is None or second is None else abs(second - first) <= tolerance
    if is_near and _judged(before) == _judged(after):
        outcome = Outcome.EQUAL
    elif Verdict.NOT_REPRODUCED in verdicts and _SUPPORT & verdicts:
        outcome = Outcome.CONTRADICTION
    else:
        outcome = Outcome.DRIFT
    changed = list(_changed(before, after))
    return Comparison(outcome, first, second, tolerance, verdict_before, verdict_after, changed)


def _judged(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record["judgement"].get(name) for name in ("verdict", "published_rule_met", "null_rule_met"))


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for path in _MAY_MOVE:
        values = []
        for record in (before, after):
            value: Any = record
            for name in path.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            values.append(value)
        if values[0] != values[1]:
            yield f"{path}: {_short(values[0])}, then {_short(values[1])}"


def _short(value: Any) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) == 64 else str(value)
