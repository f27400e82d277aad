"""Paths of one machine become names, hub ids stay."""

import pytest

from catalog.places import without_folders


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/home/ada/models/gpt2", "gpt2"),
        ("/home/ada/models/gpt2/", "gpt2"),
        ("~/gpt2", "gpt2"),
        ("./models/gpt2", "gpt2"),
        ("models/own/gpt2", "gpt2"),
        ("C:\\Users\\ada\\gpt2", "gpt2"),
        ("openai-community/gpt2", "openai-community/gpt2"),
        ("gpt2", "gpt2"),
    ],
)
def test_place_of_a_model_becomes_its_name(given: str, shown: str) -> None:
    record = {
        "provenance": {"arguments": {"model": given, "model_path": given, "all": True}},
        "list": [{"model": given}],
    }
    assert without_folders(record) == {
        "provenance": {"arguments": {"model": shown, "model_path": shown, "all": True}},
        "list": [{"model": shown}],
    }


def test_other_values_stay_as_they_are() -> None:
    record = {"model_path": None, "model": {"slug": "a/b/c"}, "path": "/results/x.csv", "detectors": "/"}
    assert without_folders(record) == record
