"""The broad reading of a stored record: is its part whole, and does its verdict follow from its numbers.

Records that were made before breadth was measured have no such part, and nothing is asked of them. The numbers are
computed again with all others, in `recompute.py`.
"""

from collections.abc import Iterator
from typing import Any

from catalog.vocabulary import Polarity
from ingest.breadth import RULE_VERSION, Breadth, judge_breadth
from ingest.errors import RecordRefusedError, UnknownProtocolError
from ingest.replay.stored import Stored

PREFIX = "breadth_"
"""Tells values on ordinary text from those of the same name on the detector's own prompts."""


def by_prompt_of_breadth(stored: Stored) -> dict[str, dict[str, Any]]:
    """Values by prompt of score and share, under names of their own; none where breadth was not measured.

    Raises:
        RecordRefusedError: The part is not whole.
    """
    breadth = stored.record.get("breadth")
    if breadth is None:
        return {}
    kept = breadth.get("by_prompt") if isinstance(breadth, dict) else None
    if not isinstance(kept, dict) or kept.keys() != {"score", "share"}:
        raise RecordRefusedError(stored.where, "breadth.by_prompt", "it does not hold score and share")
    measured = breadth.get("measured")
    if not isinstance(measured, dict):
        raise RecordRefusedError(stored.where, "breadth.measured", "it is missing")
    for name, values in kept.items():
        if (values is None) != (measured.get(name) is None):
            raise RecordRefusedError(stored.where, f"breadth.by_prompt.{name}", "number and prompts do not go together")
    return {f"{PREFIX}{name}": values for name, values in kept.items() if values is not None}


def breadth_differences(stored: Stored) -> Iterator[str]:
    """Fields of the broad judgement that do not follow, each with both values.

    Raises:
        RecordRefusedError: It cannot be judged: by an unknown rule, or with fields that nobody knows.
    """
    breadth = stored.record.get("breadth")
    if breadth is None:
        return
    measured, narrow = breadth["measured"], stored.record["measured"]
    for name in ("polarity", "is_live"):
        if measured.get(name) != narrow.get(name):
            raise RecordRefusedError(stored.where, f"breadth.measured.{name}", "it is not that of the narrow reading")
    try:
        found = Breadth(**measured | {"polarity": Polarity(measured["polarity"])})
        judged = judge_breadth(found, breadth.get("rule_version", RULE_VERSION))
    except UnknownProtocolError as problem:
        raise RecordRefusedError(stored.where, "breadth.rule_version", str(problem).rstrip(".")) from problem
    except (TypeError, ValueError) as problem:
        raise RecordRefusedError(stored.where, "breadth.measured", f"it cannot be judged ({problem})") from problem
    said = breadth.get("judgement") or {}
    follows = {"verdict": None if judged.verdict is None else judged.verdict.value, "reason": judged.reason}
    for name, value in follows.items():
        if said.get(name) != value:
            yield f"breadth.judgement.{name}: the record says {said.get(name)!r}, and it is {value!r}"
