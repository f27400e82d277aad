"""The one form in which an entry is frozen, hashed and signed: canonical JSON.

Keys sorted, no blanks, UTF-8, no NaN. Equal content gives equal bytes on every machine.
"""

import hashlib
import json
from typing import Any


def canonical_json(content: Any) -> str:
    """Canonical JSON of plain values: dicts with text keys, lists, text, numbers, booleans, None.

    Raises:
        ValueError: A number is not finite; JSON has no name for it.
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
