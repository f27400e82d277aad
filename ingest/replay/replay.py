"""A stored record judged again: is it whole, do its numbers follow from its prompts, does its verdict follow from them.

Records are taken by the thousand, so that those with as many prompts share their resampling.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ingest.errors import RecordRefusedError
from ingest.frozen_form import version_of
from ingest.measured import judge_again
from ingest.replay.breadth import breadth_differences
from ingest.replay.checks import check
from ingest.replay.recompute import differences, expected_numbers
from ingest.replay.stored import Stored
from ingest.verdict import Judgement

_AT_ONCE = 1_000


@dataclass(frozen=True)
class Replayed:
    """One record after it was judged again."""

    stored: Stored
    sha256: str
    judgement: Judgement
    """As this program judges."""
    differing: list[str]
    """Fields whose values do not follow, each with both values; empty where all is equal."""

    @property
    def is_equal(self) -> bool:
        """Whether everything came out as the record has it."""
        return not self.differing

    @property
    def is_recomputed(self) -> bool:
        """Whether its numbers were computed from its prompts; records of version 1 keep none."""
        return version_of(self.stored.record) >= 2 and any(self.stored.record["by_prompt"].values())


def replay(stored: Iterable[Stored], public_key: bytes | None = None) -> Iterator[Replayed | RecordRefusedError]:
    """Judge records again; one that is refused gives the refusal in its place, and the others go on.

    Args:
        stored: Records.
        public_key: Whose signature each must have; None accepts unsigned ones.
    """
    remaining = iter(stored)
    while part := list(islice(remaining, _AT_ONCE)):
        yield from _replay_part(part, public_key)


def _replay_part(part: list[Stored], public_key: bytes | None) -> list[Replayed | RecordRefusedError]:
    results: dict[int, Replayed | RecordRefusedError] = {}
    whole: list[tuple[int, Stored, str]] = []
    for index, each in enumerate(part):
        try:
            whole.append((index, each, check(each, public_key)))
        except RecordRefusedError as refusal:
            results[index] = refusal
    expected = _expected([each for _, each, _ in whole])
    for (index, each, sha256), numbers in zip(whole, expected, strict=True):
        try:
            if isinstance(numbers, RecordRefusedError):
                raise numbers
            results[index] = _judged(each, sha256, numbers)
        except RecordRefusedError as refusal:
            results[index] = refusal
    return [results[index] for index in range(len(part))]


def _expected(whole: Sequence[Stored]) -> Sequence[dict[str, Any] | RecordRefusedError]:
    try:
        return expected_numbers(whole)
    except RecordRefusedError:
        # One of a thousand cannot be read: each is tried alone, and that one says why.
        found: list[dict[str, Any] | RecordRefusedError] = []
        for each in whole:
            try:
                found += expected_numbers([each])
            except RecordRefusedError as refusal:
                found.append(refusal)
        return found


def _judged(stored: Stored, sha256: str, expected: dict[str, Any]) -> Replayed:
    for path, found, wanted in differences(stored.record, expected):
        raise RecordRefusedError(stored.where, path, f"it is {found!r}, and its prompts give {wanted!r}")
    try:
        judgement = judge_again(stored.record)
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        raise RecordRefusedError(stored.where, "measured", f"it cannot be judged ({problem})") from problem
    return Replayed(stored, sha256, judgement, [*_differing(stored, judgement), *breadth_differences(stored)])


def _differing(stored: Stored, judgement: Judgement) -> Iterator[str]:
    said = stored.record["judgement"]
    for name, value in (vars(judgement) | {"verdict": judgement.verdict.value}).items():
        if name not in said or said[name] != value:
            yield f"judgement.{name}: the record says {said.get(name)!r}, and it is {value!r}"
    beside = stored.record | stored.record["measured"] | stored.record["judgement"]
    for name, value in stored.columns.items():
        if beside.get(name) != value:
            yield f"{name}: the answer says {value!r}, and its record {beside.get(name)!r}"
