"""The forms in which entries are frozen, hashed and signed: equal content gives equal bytes on every machine.

`canonical_json` is that of records which come with headcat: keys sorted, no blanks, UTF-8, numbers as Python writes
them. The ledger of versions holds hashes of these bytes, so it stays as it is. `rfc8785_json` is the JSON
Canonicalization Scheme, which writers in other languages have too: verifications are frozen in it, since others are to
check their hashes and signatures (`ingest/frozen_form.py`). The two differ in numbers (1.0 and 1, 1e-07 and 1e-7) and
in the order of keys beyond the Basic Multilingual Plane.
"""

import hashlib
import json
import math
import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

_GREATEST_EXACT = 2**53 - 1
"""Integers beyond this are not all doubles, and RFC 8785 knows no other numbers."""

_UNLIKE = re.compile(r"(?<![\d.])-?\d+(?:\.0(?!\d)|(?:\.\d+)?e[+-]\d+)")
"""Numbers that Python writes otherwise than ECMAScript; tried where a number begins, and not at each of its digits."""
_GREAT = re.compile(r"(?<![\d.])\d{16}")
"""An integer, or the whole part of a number, that may be beyond 2^53."""
_FROM_SURROGATES_ON = re.compile("[\ud800-\U0010ffff]")
"""Characters from which on code points and UTF-16 code units are in another order, and what is no character at all."""


def canonical_json(content: Any) -> str:
    """Canonical JSON of plain values: dicts with text keys, lists, text, numbers, booleans, None.

    Raises:
        ValueError: A number is not finite; JSON has no name for it.
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def rfc8785_json(content: Any) -> str:
    """The same values by RFC 8785: numbers as ECMAScript writes them, keys in the order of their UTF-16 code units.

    Raises:
        ValueError: A number is not finite or an integer that is no double, a text is no Unicode, or a value is no
            value of JSON.
    """
    parts: list[str] = []
    _write(content, parts.append)
    text = "".join(parts)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as problem:
            raise ValueError("A text holds half of a surrogate pair; RFC 8785 has no form for it.") from problem
    return text


def rfc8785_of_json(content: Any) -> str:
    """The same for what stands in a JSON text, whose keys are all text: written at once, and only numbers mended.

    Raises:
        ValueError: As above.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if "\\" in text or (not text.isascii() and _FROM_SURROGATES_ON.search(text)):
        return rfc8785_json(content)
    # Without escapes every other part between quotes is text, which is left alone.
    parts = text.split('"')
    outside = '"'.join(parts[::2])
    if _GREAT.search(outside):
        return rfc8785_json(content)
    parts[::2] = _UNLIKE.sub(lambda found: _number(float(found[0])), outside).split('"')
    return '"'.join(parts)


def _write(value: Any, put: Any) -> None:
    # Exact types first: they are nearly all values, and a hundred thousand records are hashed in a minute.
    kind = type(value)
    if kind is str:
        put(encode_basestring(value))
    elif kind is float:
        put(_number(value))
    elif kind is dict:
        _write_object(value, put)
    elif kind is list or kind is tuple:
        _write_list(value, put)
    elif value is None:
        put("null")
    elif value is True or value is False:
        put("true" if value else "false")
    elif isinstance(value, str):  # of an enumeration
        put(encode_basestring(str.__str__(value)))
    elif isinstance(value, int):
        put(int.__repr__(value) if abs(value) <= _GREATEST_EXACT else _great_integer(value))
    else:
        raise ValueError(f"{kind.__name__} is no value of JSON.")


def _write_object(value: dict[str, Any], put: Any) -> None:
    keys = list(value)
    if not all(isinstance(key, str) for key in keys):
        raise ValueError("A key is no text; JSON knows no other.")
    # In ASCII the order of code points is that of code units.
    keys.sort(key=None if "".join(keys).isascii() else _utf16)
    before = "{"
    for key in keys:
        put(before + encode_basestring(key) + ":")
        _write(value[key], put)
        before = ","
    put("}" if keys else "{}")


def _write_list(value: list[Any] | tuple[Any, ...], put: Any) -> None:
    before = "["
    for item in value:
        put(before)
        _write(item, put)
        before = ","
    put("]" if value else "[]")


def _great_integer(value: int) -> str:
    """What a double was written as, or is: 295147905179352830000 stands for 2^68, which has other digits at its end."""
    nearest = float(value) if abs(value) < 2**1023 else math.inf
    if math.isfinite(nearest) and value in (int(nearest), int(Decimal(repr(nearest)))):
        return _number(nearest)
    raise ValueError(f"{value} is no double; RFC 8785 has no form for it.")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """A double as ECMAScript writes it.

    Its digits are the shortest that read back as the same double, as Python's are; only where the point stands, and
    from when on an exponent is written, differs.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON.")
    text = repr(value)
    if "e" not in text:
        if not text.endswith(".0"):
            return text
        return text[:-2] if value else "0"  # -0 is 0
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    sign, digits = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    digits = digits.replace(".", "")
    if power >= 21 or power < -6:  # ECMA-262, Number::toString
        point = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        return f"{sign}{point}e{power:+d}"
    if power > 0:
        return sign + digits.ljust(power + 1, "0")
    return f"{sign}0.{'0' * (-power - 1)}{digits}"


def sha256_of(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
