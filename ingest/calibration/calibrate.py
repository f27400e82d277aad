"""Measures the error rates of detectors: scans of known heads in, records out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import CalibrationSet
from ingest.calibration.ground_truth import TrueHeads, heads_of, truth_of
from ingest.calibration.scans import PLANS, CalibrationOptions, planted_scans, random_scans
from ingest.calibration.tally import Tally
from ingest.detector import Detector
from ingest.evidence import Evidence
from ingest.scan_result import ScanResult

_NOT_KNOWN = "How planted heads are built says nothing of this type."


@dataclass(frozen=True)
class Calibration:
    """What was measured, and what was not."""

    records: list[ErrorRateRecord]
    unmeasured: dict[str, dict[str, str]]
    """Detector → set of ground truth → why there is no rate on it."""


def calibrate(
    detectors: Sequence[Detector],
    chosen: Iterable[str],
    options: CalibrationOptions,
    *,
    report: Callable[[str], None] = lambda line: None,
) -> Calibration:
    """Error rates of detectors.

    Args:
        detectors: All that a scan runs; how hard it is to find a head depends on their number.
        chosen: Names of those whose rates are asked for.
        options: How much to measure.
        report: Told what is being measured.
    """
    names = set(chosen)
    asked = [each for each in detectors if each.name in names and each.evidence is not Evidence.MOMENTS]
    planted = {each.name: Tally(each, CalibrationSet.PLANTED) for each in asked}
    random = {each.name: Tally(each, CalibrationSet.RANDOM_INITIALISED) for each in asked}
    report(f"scanning {2 * len(PLANS) * options.n_seeds} planted language models")
    for known, scanned in planted_scans(detectors, options):
        truths = {each.name: truth_of(each.name, each.evidence) for each in asked}
        _add(scanned, planted, {name: heads_of(truth, known) for name, truth in truths.items() if truth is not None})
    report(f"scanning {3 * options.n_random} randomly initialised language models")
    for _, scanned in random_scans(detectors, options):
        nothing = TrueHeads(frozenset(), frozenset(scanned.heads), frozenset())
        _add(scanned, random, dict.fromkeys(random, nothing))
    measured_at = datetime.now(UTC).replace(microsecond=0)
    tallies = [tally for each in asked for tally in (planted[each.name], random[each.name])]
    records = [record for tally in tallies for record in tally.records(options, measured_at)]
    return Calibration(records, _unmeasured(tallies))


def _add(scanned: ScanResult, tallies: dict[str, Tally], truths: dict[str, TrueHeads]) -> None:
    for result in scanned.detectors:
        if result.detector.name in truths:
            tallies[result.detector.name].add(scanned, result, truths[result.detector.name])


def _unmeasured(tallies: Iterable[Tally]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for tally in tallies:
        if not tally.n_negative:
            reasons = tally.absent.most_common(1)
            found.setdefault(tally.detector.name, {})[tally.calibration_set] = reasons[0][0] if reasons else _NOT_KNOWN
    return found
