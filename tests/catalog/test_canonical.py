"""Canonical JSON: equal content, equal bytes."""

import json
import math
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.canonical import canonical_json, rfc8785_json, rfc8785_of_json, sha256_of


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert (
        canonical_json({"b": [1, 2.5, None], "a": {"d": True, "c": "é"}}) == '{"a":{"c":"é","d":true},"b":[1,2.5,null]}'
    )


def test_order_of_insertion_does_not_show_in_the_hash() -> None:
    assert sha256_of(canonical_json({"x": 1, "y": 2})) == sha256_of(canonical_json({"y": 2, "x": 1}))


def test_hash_is_of_the_utf8_bytes() -> None:
    # sha256 of the two bytes c3 a9
    assert sha256_of("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


def test_a_number_without_a_name_in_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"score": float("nan")})


# RFC 8785, appendix B: bits of a double, and what ECMAScript writes.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "written"), NUMBERS.items())
def test_numbers_are_written_as_the_rfc_lists_them(bits: str, written: str) -> None:
    assert rfc8785_json(struct.unpack(">d", bytes.fromhex(bits))[0]) == written


def test_the_example_of_the_rfc() -> None:
    # Section 3.2.2 in, section 3.2.4 out, which gives the bytes in hexadecimal.
    given = r"""{
       "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
       "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
       "literals": [null, true, false]
    }"""
    wanted = """
        7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72
        73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32
        2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c
        5c 5c 5c 22 2f 22 7d
    """
    assert rfc8785_json(json.loads(given)).encode() == bytes.fromhex(wanted)


def test_keys_are_sorted_by_utf16_code_units_as_in_the_rfc() -> None:
    # Section 3.2.3: the order by code points would put the last two the other way round.
    wanted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(rfc8785_json(dict.fromkeys(reversed(wanted), 0)))) == wanted


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    text = rfc8785_json(value)
    assert math.copysign(1, value) * abs(float(text)) == value
    assert rfc8785_of_json({"a 1.0 in text": [value, -1e-07, 2.0]}) == f'{{"a 1.0 in text":[{text},-1e-7,2]}}'


@settings(max_examples=30)
@example([2.0**53, 2.0**68, -1e20, 1e21])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_what_is_read_back_has_the_same_bytes(content: object) -> None:
    text = rfc8785_json(content)
    assert rfc8785_json(json.loads(text)) == text
    assert rfc8785_of_json(json.loads(text)) == text


@pytest.mark.parametrize("content", [math.nan, math.inf, 2**53 + 1, 10**400, {1: 2}, "\ud800", {"\udc00": 1}, object()])
def test_what_the_rfc_has_no_form_for_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|RFC"):
        rfc8785_json(content)


@pytest.mark.parametrize("letters", ["–’é", "\ud7ff", "\ue000", "\U0001f600", "\ue000\U0001f600"])
def test_both_writers_agree_where_text_and_keys_are_not_ascii(letters: str) -> None:
    content = {f"{letters}b": 1.0, "a": [letters, -0.0, 1e21], f"{letters[0]}c": {letters: None}, "z": 5e-324}
    assert rfc8785_of_json(content) == rfc8785_json(content)


def test_half_a_surrogate_pair_is_refused_by_both() -> None:
    for write in (rfc8785_of_json, rfc8785_json):
        with pytest.raises(ValueError, match="surrogate"):
            write({"a": "\ud800"})
