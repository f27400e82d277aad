"""Counts of heads found and missed, and the error rates that they make."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from catalog.notation import HeadRef
from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import CalibrationSet
from ingest.calibration.ground_truth import TrueHeads
from ingest.calibration.random_models import FAMILIES
from ingest.calibration.scans import CalibrationOptions
from ingest.detector import Detector
from ingest.scan_result import DetectorResult, ScanResult

_NO_TYPE_PLANTED = "No planted head is of this type."
_LEARNED_NOTHING = "No head of a randomly initialised language model is of any type."


@dataclass
class Tally:
    """What one detector did on ground truth of one kind."""

    detector: Detector
    calibration_set: CalibrationSet
    n_models: int = 0
    n_positive: int = 0
    n_found: int = 0
    n_weak: int = 0
    n_weak_found: int = 0
    n_negative: int = 0
    n_false: int = 0
    absent: Counter[str] = field(default_factory=Counter)
    """Reason → language models on which the detector measured nothing."""

    def add(self, scanned: ScanResult, result: DetectorResult, truth: TrueHeads) -> None:
        """Count the heads of one language model."""
        positive = scanned.positive(result)
        if result.scores is None or positive is None:
            self.absent[result.absent_reason or "It makes no claim about a head."] += 1
            return
        found = frozenset[HeadRef](positive)
        self.n_models += 1
        self.n_positive += len(truth.positive)
        self.n_found += len(truth.positive & found)
        self.n_weak += len(truth.weak)
        self.n_weak_found += len(truth.weak & found)
        self.n_negative += len(truth.negative)
        self.n_false += len(truth.negative & found)

    def records(self, options: CalibrationOptions, measured_at: datetime) -> list[ErrorRateRecord]:
        """The rates; none where there was nothing to count."""
        if not self.n_negative:
            return []
        is_planted = self.calibration_set is CalibrationSet.PLANTED
        missing = _NO_TYPE_PLANTED if is_planted else _LEARNED_NOTHING
        made = [self._record(options, measured_at, self.n_positive, self.n_found, missing)]
        if self.n_weak:
            made.append(self._record(options, measured_at, self.n_weak, self.n_weak_found, missing, is_weak=True))
        return made

    def _record(
        self,
        options: CalibrationOptions,
        measured_at: datetime,
        n_positive: int,
        n_found: int,
        missing: str,
        *,
        is_weak: bool = False,
    ) -> ErrorRateRecord:
        return ErrorRateRecord(
            detector=self.detector.name,
            version=self.detector.version,
            calibration_set=self.calibration_set,
            description=_description(self.calibration_set, options, is_weak),
            n_models=self.n_models,
            n_positive=n_positive,
            n_negative=self.n_negative,
            recall=n_found / n_positive if n_positive else None,
            recall_absent=None if n_positive else missing,
            false_positive_rate=self.n_false / self.n_negative,
            is_weak=is_weak,
            measured_at=measured_at,
        )


def _description(calibration_set: CalibrationSet, options: CalibrationOptions, is_weak: bool) -> str:
    if calibration_set is CalibrationSet.PLANTED:
        what = "GPT-2 and Llama with heads written by hand"
        which = ", heads of mass 0.3 near the rule's own line" if is_weak else ""
    else:
        what, which = f"tiny language models with random weights ({', '.join(FAMILIES)}), half of them sharp", ""
    return f"{what}{which}; {options.n_prompts} prompts for each"
