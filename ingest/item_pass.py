"""Detectors that read no attention over given prompts: those of weights, and those of decoding."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest import decoding
from ingest.detector import Detector
from ingest.errors import WHY_ABSENT, GateFailedError, NoTargetError
from ingest.evidence import ItemReadings, ItemScores
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement
from ingest.prompt_pass import scored_result
from ingest.prompts.batch import PromptBatch
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.verdict import GateOutcome
from ingest.weights import WeightView


def run_weights(loaded: LoadedModel, detectors: Sequence[Detector], options: ScanOptions) -> list[DetectorResult]:
    """Scores from the weights, detector by detector."""
    if not loaded.is_causal:
        reason = (
            f"A {loaded.architecture} model is an encoder: it predicts no next token, so its heads are not read from "
            "the weights as circuits from token to token."
        )
        return [DetectorResult(each, None, absent_reason=reason) for each in detectors]
    weights = WeightView(loaded, options.seed)
    results = []
    for each in detectors:
        try:
            results.append(_scored(loaded, each, each.function(weights), options))
        except WHY_ABSENT as problem:
            results.append(DetectorResult(each, None, absent_reason=str(problem)))
    return results


def run_decoding(
    loaded: LoadedModel,
    batch: PromptBatch,
    detectors: Sequence[Detector],
    options: ScanOptions,
    note: Callable[[str], None] = lambda line: None,
) -> list[DetectorResult]:
    """Scores from one decoding of a family of prompts, as long as its most demanding detector asks for.

    What a reader of the scores should know, memory that ran out for one, goes to `note`.
    """
    n_tokens = max(each.n_tokens for each in detectors)
    try:
        trace = decoding.decode(loaded, batch, n_tokens, batch_size=options.batch_size)
    except WHY_ABSENT as problem:
        return [DetectorResult(each, None, absent_reason=str(problem)) for each in detectors]
    if trace.batch_size < options.batch_size:
        note(f"Out of memory with {options.batch_size} prompts at a time while decoding; {trace.batch_size} were used.")
    results = []
    for each in detectors:
        try:
            results.append(_scored(loaded, each, each.function(trace), options))
        except GateFailedError as problem:
            gate = GateOutcome(False, problem.metric, problem.value, problem.required)
            results.append(DetectorResult(each, None, absent_reason=str(problem), gate=gate))
        except NoTargetError as problem:
            results.append(DetectorResult(each, None, absent_reason=str(problem)))
    return results


def _scored(
    loaded: LoadedModel, detector: Detector, found: ItemScores | ItemReadings, options: ScanOptions
) -> DetectorResult:
    readings = {detector.name: found} if isinstance(found, ItemScores) else dict(found)

    def placed(measured: Measurement) -> Measurement:
        return replace(measured, mass=loaded.spread(measured.mass))

    result = scored_result(
        detector,
        {name: placed(each.as_measurement()) for name, each in readings.items()},
        {name: placed(each.null_as_measurement()) for name, each in readings.items()}
        if options.with_statistics
        else None,
        options.seed,
    )
    gate = next((each.gate for each in readings.values() if each.gate is not None), None)
    return replace(result, gate=gate)
