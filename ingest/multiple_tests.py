"""Many heads, many detectors: p of a scan adjusted for the number of tests, in three sets that do not touch each other.

Primary scores are one set, competing definitions another, ablations beside scores (causal arms) the third: neither a
further definition nor an arm of one type makes a head of another harder to find.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ingest.detector import Detector
from ingest.rule import ALPHA
from ingest.scan_result import DetectorResult
from ingest.statistics.multiplicity import benjamini_hochberg

Array = npt.NDArray[np.float64]


def with_adjusted_p(
    found: Mapping[str, DetectorResult], detectors: Sequence[Detector], note: Callable[[str], None]
) -> list[DetectorResult]:
    """Primary results in the order of the detectors, each with its competing definitions.

    Args:
        found: What was measured, by key of the detector.
        detectors: Those of the scan, without their definitions.
        note: Told which detectors have too few prompts for any head to be significant.
    """
    primary = _with_adjusted_arms(_with_adjusted_scores([found[each.key] for each in detectors], note))
    others = _with_adjusted_scores([each for each in found.values() if each.detector.is_definition], note)
    return [
        replace(
            each,
            definitions={other.detector.metric: other for other in others if other.detector.name == each.detector.name},
        )
        for each in primary
    ]


def _adjusted(p: Mapping[str, Array]) -> tuple[dict[str, Array], int]:
    """Benjamini–Hochberg over all heads of all keys, and the number of tests."""
    if not p:
        return {}, 0
    stacked = np.stack(list(p.values()))
    return dict(zip(p, benjamini_hochberg(stacked), strict=True)), int(np.isfinite(stacked).sum())


def _with_adjusted_scores(results: list[DetectorResult], note: Callable[[str], None]) -> list[DetectorResult]:
    p = {each.detector.key: each.scores.statistics.p for each in results if each.scores and each.scores.statistics}
    adjusted, n_tests = _adjusted(p)
    made = []
    for each in results:
        if each.detector.key not in adjusted:
            made.append(each)
            continue
        assert each.scores is not None, "only detectors with p-values are adjusted"
        assert each.scores.statistics is not None, "only detectors with p-values are adjusted"
        attainable = min(1.0, each.scores.statistics.smallest_p * n_tests)
        if attainable >= ALPHA and not each.detector.is_definition:
            note(
                f"{each.detector.name}: with {each.scores.n_prompts} prompts a single head among {n_tests} tests "
                "cannot reach significance; ask for more prompts."
            )
        made.append(replace(each, p_adjusted=adjusted[each.detector.key], p_attainable=attainable))
    return made


def _with_adjusted_arms(results: list[DetectorResult]) -> list[DetectorResult]:
    p = {each.detector.key: each.arm.mean.p for each in results if each.arm is not None and each.arm.mean is not None}
    adjusted, n_tests = _adjusted(p)
    made = []
    for each in results:
        if each.arm is None or each.arm.mean is None:
            made.append(each)
            continue
        attainable = min(1.0, each.arm.mean.smallest_p * n_tests)
        arm = replace(each.arm, p_adjusted=adjusted[each.detector.key], p_attainable=attainable)
        made.append(replace(each, arm=arm))
    return made
