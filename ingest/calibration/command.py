"""`headcat calibrate`: scan known heads, show how often each detector errs, and keep the rates where asked."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from catalog.seed_files import CALIBRATION_FILE
from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.wilson import wilson_interval
from ingest.calibration.bar import BAR, maturity_of
from ingest.calibration.calibrate import Calibration, calibrate
from ingest.calibration.error_rates import SHIPPED, store_error_rates
from ingest.calibration.scans import CalibrationOptions
from ingest.command_output import check_writable, report, write_json
from ingest.registry import load_detectors, select


def run_calibrate(
    names: Sequence[str],
    *,
    n_seeds: int,
    n_random: int,
    n_prompts: int,
    save: bool,
    json_file: str | None,
) -> None:
    """Run the command."""
    check_writable(json_file)
    if save:
        check_writable(str(SHIPPED / CALIBRATION_FILE), "--save")
    chosen = [each.name for each in select(names or ["all"])]
    options = CalibrationOptions(n_seeds, n_random, n_prompts)
    found = calibrate(list(load_detectors().values()), chosen, options, report=report)
    if save:
        file = store_error_rates(found.records)
        report(f"{len(found.records)} error rates written to {file}, where scans that are stored find them")
    if json_file is not None:
        write_json(as_json(found, options), json_file)
    if json_file != "-":
        for line in lines(found):
            click.echo(line)


def lines(found: Calibration) -> list[str]:
    """The rates for people, detector by detector, and the bar."""
    shown: list[str] = []
    for name, records in _by_detector(found.records).items():
        shown.append(f"{name}, version {records[0].version}: {maturity_of(records)}")
        shown += [f"  {_line(each)}" for each in records]
        shown += [f"  {where}: not measured. {why}" for where, why in found.unmeasured.get(name, {}).items()]
    for name, reasons in found.unmeasured.items():
        if name not in {each.detector for each in found.records}:
            shown.append(f"{name}: not measured. {next(iter(reasons.values()))}")
    counted = Counter(maturity_of(records).value for records in _by_detector(found.records).values())
    shown.append(", ".join(f"{n} {maturity}" for maturity, n in counted.most_common()) or "Nothing was measured.")
    shown.append(f"Bar for a calibrated detector: {BAR}.")
    return shown


def _by_detector(records: Sequence[ErrorRateRecord]) -> dict[str, list[ErrorRateRecord]]:
    grouped: dict[str, list[ErrorRateRecord]] = {}
    for each in records:
        grouped.setdefault(each.detector, []).append(each)
    return grouped


def _line(record: ErrorRateRecord) -> str:
    where = f"{record.calibration_set}{', heads near the line' if record.is_weak else ''}"
    recall = "recall absent" if record.recall is None else f"recall {_share(record.recall, record.n_positive)}"
    return f"{where}: {recall}, false positives {_share(record.false_positive_rate, record.n_negative)}"


def _share(share: float, n: int) -> str:
    low, high = wilson_interval(share, n)
    return f"{share:.3f} [{low:.3f}, {high:.3f}] of {n}"


def as_json(found: Calibration, options: CalibrationOptions) -> dict[str, Any]:
    """The rates with their intervals, the maturity that they earn, and the bar."""
    return {
        "bar": BAR,
        "options": {"n_seeds": options.n_seeds, "n_random": options.n_random, "n_prompts": options.n_prompts},
        "detectors": {name: _maturity(records) for name, records in _by_detector(found.records).items()},
        "unmeasured": found.unmeasured,
    }


def _maturity(records: list[ErrorRateRecord]) -> dict[str, Any]:
    return {
        "version": records[0].version,
        "maturity": maturity_of(records).value,
        "error_rates": [_with_intervals(each) for each in records],
    }


def _with_intervals(record: ErrorRateRecord) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(record.model_dump_json())
    recall = None if record.recall is None else wilson_interval(record.recall, record.n_positive)
    false = wilson_interval(record.false_positive_rate, record.n_negative)
    return plain | {"recall_interval": recall, "false_positive_interval": false}
