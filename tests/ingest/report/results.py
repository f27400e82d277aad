"""Scans whose numbers are written down, for reports: no language model is run."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ingest.detector import Detector
from ingest.provenance import machine, versions
from ingest.registry import get_detector
from ingest.scan_result import Array, DetectorResult, ScanOptions, ScanResult
from ingest.scoring import DetectorScores, HeadStatistics
from tests.ingest.tiny_models import make_tiny


def make_scores(score: Array, *, chance: float = 0.02, with_statistics: bool = True) -> DetectorScores:
    """Scores with narrow intervals around them; what lies above 0.5 beats its null model."""
    statistics = HeadStatistics(
        ci_low=score - 0.01,
        ci_high=score + 0.01,
        excess_low=score - 0.05,
        excess_high=score + 0.05,
        null_score=np.full_like(score, 0.03),
        p=np.where(score > 0.5, 1e-6, 0.7),
        smallest_p=1e-9,
    )
    return DetectorScores(score, chance, None, 32, 992, statistics if with_statistics else None)


def make_detector_result(score: Array | None, detector: Detector | None = None, **changes: Any) -> DetectorResult:
    """What one detector found, or the reason why it found nothing."""
    detector = detector or get_detector("previous_token")
    if score is None:
        reason = {"absent_reason": "The prompts hold nothing to count, for a <test>."}
        return replace(DetectorResult(detector, None, **reason), **changes)
    result = DetectorResult(
        detector, make_scores(score), p_adjusted=np.where(score > 0.5, 1e-4, 1.0), p_attainable=1e-6
    )
    return replace(result, **changes)


def make_result(*detectors: DetectorResult, n_layers: int, n_heads: int, **changes: Any) -> ScanResult:
    """A scan of a language model of this shape."""
    shape = {
        "n_layers": n_layers,
        "attention_layers": tuple(range(n_layers)),
        "n_heads": n_heads,
        "n_kv_heads": n_heads,
    }
    loaded = replace(make_tiny("llama"), **(shape | changes))
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    provenance = {
        "arguments": {"model": loaded.hub_id, "revision": None, "detectors": "v1", "prompts": 32, "seed": 7},
        "machine": machine(loaded),
        "versions": versions(),
        "prompts": {"random_tokens": {"sha256": "5eed", "n_prompts": 32}},
        "code_sha256": "c0de",
        "notes": [],
    }
    share = np.ones((n_layers, n_heads))
    return ScanResult(loaded, ScanOptions(seed=7), list(detectors), True, share, provenance, at, at, 1.5)
