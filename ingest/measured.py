"""What a stored record says was measured, read back, and the verdict that it leads to by its own protocol version."""

from typing import Any

from catalog.vocabulary import Polarity
from ingest.cause import Cause, OtherEffect, RandomGroups
from ingest.verdict import GateOutcome, HeadRecord, Judgement, judge


def judge_again(record: dict[str, Any]) -> Judgement:
    """The verdict that a frozen record leads to, by the version of the protocol that it was judged by.

    Raises:
        UnknownProtocolError: This program does not know that version.
    """
    return judge(read_measured(record), record["protocol_version"])


def read_measured(record: dict[str, Any]) -> HeadRecord:
    """What was measured, as the verdict reads it; records of earlier versions of the protocol know no cause.

    Raises:
        TypeError: A field is missing, or nobody knows it.
        ValueError: The polarity is none.
    """
    measured = record["measured"]
    gate, cause = measured.get("gate"), measured.get("cause")
    return HeadRecord(
        **measured
        | {
            "polarity": Polarity(measured["polarity"]),
            "gate": None if gate is None else GateOutcome(**gate),
            "cause": None if cause is None else _read_cause(cause),
        }
    )


def _read_cause(cause: dict[str, Any]) -> Cause:
    other, group = cause.get("resample"), cause.get("group")
    return Cause(
        **cause
        | {
            "resample": None if other is None else OtherEffect(**other),
            "group": None if group is None else RandomGroups(**group),
        }
    )
