"""Canonical JSON: equal content, equal bytes."""

import pytest

from catalog.canonical import canonical_json, sha256_of


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
