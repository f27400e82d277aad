"""Detectors of tasks run on a language model, as a scan runs them."""

from collections.abc import Sequence

from catalog.notation import HeadRef
from ingest.loaded_model import LoadedModel
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import DetectorResult, ScanOptions, ScanResult


def scan_for(loaded: LoadedModel, names: Sequence[str], n_prompts: int = 24) -> ScanResult:
    """A scan for some head types."""
    return scan(loaded, select(names), ScanOptions(n_prompts=n_prompts))


def result_of(result: ScanResult, name: str) -> DetectorResult:
    """What one detector found."""
    return next(each for each in result.detectors if each.detector.name == name)


def found_by(result: ScanResult, name: str) -> list[HeadRef]:
    """Heads that a detector lists."""
    return list(result.positive(result_of(result, name)) or [])


def share_of(result: ScanResult, name: str, head: HeadRef, *, metric: str | None = None) -> float:
    """Score of one head, by a competing definition where its metric is given."""
    each = result_of(result, name)
    scores = each.scores if metric is None else each.definitions[metric].scores
    assert scores is not None, each.absent_reason
    return float(scores.score[head.layer, head.head])
