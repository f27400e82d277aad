"""Detectors that read no attention over given prompts: those of weights, and those of decoding."""

from collections.abc import Sequence
from dataclasses import replace

from ingest import decoding
from ingest.detector import Detector
from ingest.errors import (
    GateFailedError,
    NoTargetError,
    PromptError,
    UnsupportedArchitectureError,
    UnsupportedAttentionError,
)
from ingest.evidence import ItemReadings, ItemScores
from ingest.loaded_model import LoadedModel
from ingest.prompt_pass import scored_result
from ingest.prompts.batch import PromptBatch
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.verdict import GateOutcome
from ingest.weights import WeightView

# Why a detector may have nothing to say of a language model; anything else is a failure of the scan.
_ABSENT = (NoTargetError, PromptError, UnsupportedArchitectureError, UnsupportedAttentionError)


def run_weights(loaded: LoadedModel, detectors: Sequence[Detector], options: ScanOptions) -> list[DetectorResult]:
    """Scores from the weights, detector by detector."""
    weights = WeightView(loaded, options.seed)
    results = []
    for each in detectors:
        try:
            results.append(_scored(each, each.function(weights), options))
        except _ABSENT as problem:
            results.append(DetectorResult(each, None, absent_reason=str(problem)))
    return results


def run_decoding(
    loaded: LoadedModel, batch: PromptBatch, detectors: Sequence[Detector], options: ScanOptions
) -> list[DetectorResult]:
    """Scores from one decoding of a family of prompts, as long as its most demanding detector asks for."""
    try:
        trace = decoding.decode(loaded, batch, max(each.n_tokens for each in detectors))
    except _ABSENT as problem:
        return [DetectorResult(each, None, absent_reason=str(problem)) for each in detectors]
    results = []
    for each in detectors:
        try:
            results.append(_scored(each, each.function(trace), options))
        except GateFailedError as problem:
            gate = GateOutcome(False, problem.metric, problem.value, problem.required)
            results.append(DetectorResult(each, None, absent_reason=str(problem), gate=gate))
        except NoTargetError as problem:
            results.append(DetectorResult(each, None, absent_reason=str(problem)))
    return results


def _scored(detector: Detector, found: ItemScores | ItemReadings, options: ScanOptions) -> DetectorResult:
    readings = {detector.name: found} if isinstance(found, ItemScores) else dict(found)
    result = scored_result(
        detector,
        {name: each.as_measurement() for name, each in readings.items()},
        {name: each.null_as_measurement() for name, each in readings.items()} if options.with_statistics else None,
        options.seed,
    )
    gate = next((each.gate for each in readings.values() if each.gate is not None), None)
    return replace(result, gate=gate)
