"""One forward pass over one family of prompts: all its detectors and their null models at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ingest.detector import Detector
from ingest.engine.choose import measure
from ingest.engine.result import AttentionPath, EngineResult
from ingest.errors import IngestError, LanguageModelError, NoTargetError
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement, Targets
from ingest.prompts.batch import PromptBatch
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.scoring import score_heads

Readings = Mapping[str, Targets]


@dataclass(frozen=True)
class PassResult:
    """What one pass gave."""

    results: list[DetectorResult]
    attention_path: AttentionPath | None
    """None where no detector found anything to count, and nothing was run."""
    n_captures: int
    batch_size: int
    """Prompts that fitted into memory at once."""


def run_pass(
    loaded: LoadedModel, batch: PromptBatch, detectors: Sequence[Detector], options: ScanOptions, batch_size: int
) -> PassResult:
    """Measure all detectors of one family of prompts."""
    readings: dict[str, Readings] = {}
    absent: list[DetectorResult] = []
    for each in detectors:
        try:
            readings[each.name] = _readings(each, batch)
        except NoTargetError as problem:
            absent.append(DetectorResult(each, None, absent_reason=str(problem)))
    if not readings:
        return PassResult(absent, None, 0, batch_size)
    targets = _named_targets(batch, detectors, readings, options)
    try:
        measured, used = measure_with_room(loaded, batch, targets, batch_size)
    except LanguageModelError as problem:
        # The engine saw numbers that are not finite: no score, and the reason in its place.
        broken = [
            DetectorResult(each, None, str(problem), is_failure=True) for each in detectors if each.name in readings
        ]
        return PassResult([*absent, *broken], None, 0, batch_size)

    def of(kind: str, detector: str) -> dict[str, Measurement]:
        return {name: measured.measurements[f"{kind}/{detector}/{name}"] for name in readings[detector]}

    scored = [
        _scored(
            each, of("targets", each.name), of("null", each.name) if options.with_statistics else None, options.seed
        )
        for each in detectors
        if each.name in readings
    ]
    return PassResult([*absent, *scored], measured.attention_path, measured.n_captures, used)


def measure_with_room(
    loaded: LoadedModel, batch: PromptBatch, targets: Mapping[str, Targets], batch_size: int
) -> tuple[EngineResult, int]:
    """Measure with as many prompts at a time as fit; also says how many those were.

    Raises:
        IngestError: Not even one prompt fits.
    """
    while True:
        try:
            return measure(loaded, batch, targets, batch_size=batch_size), batch_size
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as problem:
            if not _is_out_of_memory(problem):
                raise
            if batch_size == 1:
                raise IngestError(
                    f"A single prompt of {batch.tokens.shape[1]} tokens does not fit into the memory of "
                    f"{loaded.device}: use a shorter --length or a smaller --dtype."
                ) from problem
        # Outside the handler: the exception would keep the frames, and with them the tensors, of the failed pass.
        batch_size = max(1, batch_size // 2)
        if loaded.device.type == "cuda":
            torch.cuda.empty_cache()


def _is_out_of_memory(problem: Exception) -> bool:
    # The CPU allocator of torch 2.13 raises a plain RuntimeError with this text.
    return isinstance(problem, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(problem)


def _readings(detector: Detector, batch: PromptBatch) -> Readings:
    offered = detector.targets(batch)
    if not isinstance(offered, Mapping):
        return {detector.name: offered}
    if len(batch.tokens) < 2:
        raise NoTargetError(f"{detector.name} chooses a reading on half of the prompts: ask for at least 2.")
    return offered


def _named_targets(
    batch: PromptBatch, detectors: Sequence[Detector], readings: Mapping[str, Readings], options: ScanOptions
) -> dict[str, Targets]:
    """All targets of the pass, and the null model of each where statistics are asked for."""
    named: dict[str, Targets] = {}
    for each in detectors:
        for name, chosen in readings.get(each.name, {}).items():
            named[f"targets/{each.name}/{name}"] = chosen
            if options.with_statistics:
                generator = _generator(options.seed, each.name, name)
                named[f"null/{each.name}/{name}"] = each.null(chosen, batch, generator)
    return named


def _generator(seed: int, *names: str) -> torch.Generator:
    # A seed of its own for each null model, so that adding a detector changes no other detector's numbers.
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def _scored(
    detector: Detector, measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None, seed: int
) -> DetectorResult:
    scores = score_heads(measured, null, seed)
    if np.isfinite(scores.score).any():
        return DetectorResult(detector, scores)
    reason = "The attention masses are not finite numbers: the weights or the dtype overflow on these prompts."
    return DetectorResult(detector, None, absent_reason=reason, is_failure=True)
