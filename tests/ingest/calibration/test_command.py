"""`headcat calibrate` as a user meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.calibration.bar import BAR
from ingest.calibration.calibrate import Calibration
from ingest.calibration.command import as_json, lines
from ingest.calibration.scans import CalibrationOptions
from ingest.cli import calibrate
from ingest.errors import UnknownDetectorError
from tests.ingest.calibration.records import make_random_rate, make_rate

FOUND = Calibration(
    [make_rate(), make_random_rate(), make_rate(detector="local", recall=0.5), make_random_rate(detector="local")],
    {"negative": {"planted": "Yes and No differ."}},
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(calibrate, list(arguments))


def test_an_unknown_detector_is_refused_before_anything_runs() -> None:
    assert isinstance(run("inducton").exception, UnknownDetectorError)


@pytest.mark.parametrize("arguments", [("--seeds", "0"), ("--prompts", "3"), ("--random-models", "-1")])
def test_numbers_that_measure_nothing_are_refused(arguments: tuple[str, str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    result = run("--json", str(tmp_path / "absent" / "file.json"))
    assert result.exit_code == 2
    assert "no folder" in result.output


def test_every_rate_is_shown_with_its_interval_and_the_bar() -> None:
    shown = lines(FOUND)
    assert shown[0] == "induction, version 1: calibrated"
    assert shown[1] == "  planted: recall 1.000 [0.912, 1.000] of 40, false positives 0.000 [0.000, 0.008] of 500"
    assert shown[2].startswith("  random_initialised: recall absent, false positives 0.000")
    assert "local, version 1: experimental" in shown
    assert "negative: not measured. Yes and No differ." in shown
    assert "1 calibrated, 1 experimental" in shown
    assert shown[-1] == f"Bar for a calibrated detector: {BAR}."


def test_the_json_says_the_same() -> None:
    made = json.loads(json.dumps(as_json(FOUND, CalibrationOptions())))
    assert made["bar"] == BAR
    assert made["options"] == {"n_seeds": 20, "n_random": 20, "n_prompts": 24}
    planted, random = made["detectors"]["induction"]["error_rates"]
    assert planted["recall_interval"] == pytest.approx([0.9123784, 1.0])
    assert (random["recall"], random["recall_interval"]) == (None, None)
    assert made["detectors"]["local"]["maturity"] == "experimental"
    assert made["unmeasured"] == {"negative": {"planted": "Yes and No differ."}}
