"""The bytes that a verification is frozen, hashed and signed in; a record says by its version which they are.

Version 1, which records do not name, is the first form of `catalog.canonical`, without values of prompts. Version 2 is
canonical JSON by RFC 8785, with the values behind the score, the settings of the protocol, and the counts that p was
adjusted with.
"""

from typing import Any

from catalog.canonical import canonical_json, rfc8785_of_json

RECORD_VERSION = 2


def version_of(record: dict[str, Any]) -> Any:
    """Version of the form of a record; 1 where it names none."""
    return record.get("record_version", 1)


def frozen_text(record: dict[str, Any]) -> str:
    """The record as it is frozen.

    Raises:
        ValueError: A value of it has no form in JSON.
    """
    return canonical_json(record) if version_of(record) == 1 else rfc8785_of_json(record)
