"""The commands `headcat reference claims` and `table`; the trainings are in `test_training.py`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest.reference.cli import reference
from ingest.reference.table import BEGIN, END

DETECTOR: dict[str, Any] = {
    "name": "induction",
    "metric": "induction_mass_latest_copy",
    "scores": [[0.1, 0.9]],
    "positive": ["L0H1"],
    "gate": None,
    "effect": None,
}
VERIFICATION: dict[str, Any] = {
    "finding": {"head_type": "induction", "head": "L0H1", "polarity": "is"},
    "measured": {"score": 0.9, "cause": None},
    "judgement": {"verdict": "reproduced", "grade": 2},
}


def test_claims_of_a_scan_are_printed(tmp_path: Path) -> None:
    scan = tmp_path / "scan.json"
    scan.write_text(json.dumps({"detectors": [DETECTOR], "provenance": {"arguments": {"seed": 7}}}))
    result = CliRunner().invoke(reference, ["claims", str(scan), "--language-model", "lab--model", "--first", "900300"])
    assert result.exit_code == 0
    assert '["AHF-900300", "L0H1", 0.9]' in result.output
    assert "--seed 7" in result.output


def test_the_table_goes_into_a_file(tmp_path: Path) -> None:
    verified, readme = tmp_path / "verified.json", tmp_path / "README.md"
    verified.write_text(json.dumps({"verifications": [VERIFICATION]}))
    readme.write_text(f"{BEGIN}\n{END}\n")
    assert CliRunner().invoke(reference, ["table", str(verified), "--into", str(readme)]).exit_code == 0
    assert "| `induction` | is | L0H1 | 0.90 | – | reproduced |" in readme.read_text()


@pytest.mark.parametrize("arguments", [["claims", "--language-model", "m", "--first", "1"], ["table"]])
def test_a_file_of_something_else_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "other.json").write_text("{}")
    result = CliRunner().invoke(reference, [arguments[0], str(tmp_path / "other.json"), *arguments[1:]])
    assert result.exit_code == 2
    assert "write" in result.output
