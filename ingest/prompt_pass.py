"""One forward pass over one family of prompts: all its detectors and their null models at once."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ingest.architectures.readout import Readout
from ingest.detector import Detector
from ingest.engine.choose import measure
from ingest.engine.memory import with_room
from ingest.engine.result import AttentionPath, EngineResult
from ingest.errors import LanguageModelError, NoTargetError, UnsupportedArchitectureError
from ingest.evidence import Evidence
from ingest.loaded_model import LoadedModel
from ingest.measure import AnyTargets, Measurement
from ingest.prompts.batch import PromptBatch
from ingest.scan_result import DetectorResult, ScanOptions
from ingest.scoring import score_heads

Targeted = Mapping[str, AnyTargets]
Measuring = Callable[[LoadedModel, PromptBatch, Targeted, int], tuple[EngineResult, int]]
Readings = Mapping[str, AnyTargets]


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
    loaded: LoadedModel,
    batch: PromptBatch,
    detectors: Sequence[Detector],
    options: ScanOptions,
    batch_size: int,
    *,
    measuring: Measuring | None = None,
) -> PassResult:
    """Measure all detectors of one family of prompts, those of attention and those of logits together.

    Args:
        loaded: The language model.
        batch: Prompts of the family.
        detectors: Those that read it.
        options: How to run them.
        batch_size: Prompts at a time.
        measuring: Measures in place of `measure_with_room`: in parts that are kept, for one.
    """
    readings: dict[str, Readings] = {}
    absent: list[DetectorResult] = []
    for each in detectors:
        try:
            if each.evidence is Evidence.DIRECT_LOGIT:
                Readout(loaded)  # a family that cannot be read must not take the others of the pass with it
            readings[each.key] = _readings(each, batch)
        except (NoTargetError, UnsupportedArchitectureError) as problem:
            absent.append(DetectorResult(each, None, absent_reason=str(problem)))
    if not readings:
        return PassResult(absent, None, 0, batch_size)
    targets = _named_targets(batch, detectors, readings, options)
    try:
        measured, used = (measuring or measure_with_room)(loaded, batch, targets, batch_size)
    except LanguageModelError as problem:
        # The engine saw numbers that are not finite: no score, and the reason in its place.
        broken = [
            DetectorResult(each, None, str(problem), is_failure=True) for each in detectors if each.key in readings
        ]
        return PassResult([*absent, *broken], None, 0, batch_size)

    def of(kind: str, detector: Detector) -> Mapping[str, Measurement] | None:
        key = detector.key
        named = {name: measured.measurements.get(f"{kind}/{key}/{name}") for name in readings[key]}
        found = {name: each for name, each in named.items() if each is not None}
        return detector.combine(found) if detector.combine is not None and found else found or None

    scored = [
        scored_result(each, of("targets", each) or {}, of("null", each), options.seed)
        for each in detectors
        if each.key in readings
    ]
    return PassResult([*absent, *scored], measured.attention_path, measured.n_captures, used)


def measure_with_room(
    loaded: LoadedModel,
    batch: PromptBatch,
    targets: Targeted,
    batch_size: int,
    after_batch: Callable[[int], None] = lambda n_prompts: None,
) -> tuple[EngineResult, int]:
    """Measure with as many prompts at a time as fit; also says how many those were.

    Args:
        loaded: The language model.
        batch: Prompts.
        targets: What to measure, by name.
        batch_size: Prompts at a time, if they fit.
        after_batch: Told how many more prompts are done; a negative number takes back those of a failed pass.

    Raises:
        IngestError: Not even one prompt fits.
    """
    n_done = 0

    def count(n_prompts: int) -> None:
        nonlocal n_done
        n_done += n_prompts
        after_batch(n_prompts)

    return with_room(
        lambda n_prompts: measure(loaded, batch, targets, batch_size=n_prompts, after_batch=count),
        batch_size,
        loaded.device,
        what=f"A single prompt of {batch.tokens.shape[1]} tokens",
        undo=lambda: count(-n_done),
    )


def _readings(detector: Detector, batch: PromptBatch) -> Readings:
    offered = detector.targets(batch)
    if not isinstance(offered, Mapping):
        return {detector.name: offered}
    if len(batch.tokens) < 2:
        raise NoTargetError(f"{detector.name} chooses a reading on half of the prompts: ask for at least 2.")
    return dict(offered)


def _named_targets(
    batch: PromptBatch, detectors: Sequence[Detector], readings: Mapping[str, Readings], options: ScanOptions
) -> dict[str, AnyTargets]:
    """All targets of the pass, and the null model of each where statistics are asked for."""
    named: dict[str, AnyTargets] = {}
    for each in detectors:
        for name, chosen in readings.get(each.key, {}).items():
            named[f"targets/{each.key}/{name}"] = chosen
            if options.with_statistics and each.null is not None:
                generator = _generator(options.seed, each.key, name)
                # The decorators pair each kind of targets with null models of that kind.
                null: Any = each.null
                named[f"null/{each.key}/{name}"] = null(chosen, batch, generator)
    return named


def _generator(seed: int, *names: str) -> torch.Generator:
    # A seed of its own for each null model, so that adding a detector changes no other detector's numbers.
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def scored_result(
    detector: Detector, measured: Mapping[str, Measurement], null: Mapping[str, Measurement] | None, seed: int
) -> DetectorResult:
    """Scores of a detector from what was measured; without a null model there are no statistics."""
    scores = score_heads(measured, null, seed)
    if np.isfinite(scores.score).any():
        return DetectorResult(detector, scores)
    reason = "What was measured is not finite: the weights or the dtype overflow here; try float32."
    return DetectorResult(detector, None, absent_reason=reason, is_failure=True)
