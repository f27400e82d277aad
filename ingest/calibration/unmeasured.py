"""Why a detector has no published rule, no recall or no false-positive rate: one sentence for each that is missing."""

from collections.abc import Iterable

from catalog.seed_schema.calibration import ErrorRateRecord
from catalog.vocabulary import CalibrationSet
from ingest.calibration.ground_truth import truth_of
from ingest.detector import Detector

RULE, PLANTED, PLANTED_RECALL, RANDOM, RANDOM_RECALL = (
    "published_rule",
    "planted",
    "planted_recall",
    "random_initialised",
    "random_initialised_recall",
)

_NO_PAIRS = (
    "The planted tokenizer reads characters, so that no pair of words is two tokens, and no such head can be written."
)
# What follows from how planted and random language models are built, where it differs from the usual reason.
_PLANTED = {
    "rare_words": (
        "The planted tokenizer reads characters: its 130 tokens hold none beyond the 500 most frequent, and no such "
        "head can be written."
    ),
    "relation_operation": _NO_PAIRS,
    "semantic_induction": _NO_PAIRS,
    "syntactic": (
        "The planted tokenizer reads characters, in which it is not written which word governs which, so that no such "
        "head can be written."
    ),
}
_RANDOM = {
    "retrieval": (
        "Language models with random weights do not write the needle, and where nothing is retrieved no head is scored."
    ),
}


def why_absent(detector: Detector, records: Iterable[ErrorRateRecord]) -> dict[str, str]:
    """Reason for everything that the page of a detector cannot state; empty where it states all.

    Args:
        detector: The detector.
        records: Error rates of any detectors and versions.
    """
    own = [each for each in records if (each.detector, each.version) == (detector.name, detector.version)]
    planted, random = (
        [each for each in own if each.calibration_set is kind and not each.is_weak]
        for kind in (CalibrationSet.PLANTED, CalibrationSet.RANDOM_INITIALISED)
    )
    found = {}
    if detector.rule is None:
        found[RULE] = "No line of a source on this score is quoted: the source section of the method says why."
    elif not detector.rule.is_applicable:
        found[RULE] = f"Quoted and not applied: {detector.rule.why_not}."
    if not planted:
        found[PLANTED] = _why_not_planted(detector)
    elif all(each.recall is None for each in planted):
        found[PLANTED_RECALL] = _PLANTED.get(detector.name) or _recall_reason(planted)
    if not random:
        found[RANDOM] = _why_not_random(detector)
    else:
        found[RANDOM_RECALL] = _recall_reason(random)
    return found


def _why_not_random(detector: Detector) -> str:
    if detector.task is not None:
        task = detector.task.name.replace("_", " ")
        return f"Language models with random weights do not do the task {task}; where it is not done no head is scored."
    return _RANDOM.get(detector.name) or _not_measured(detector)


def _why_not_planted(detector: Detector) -> str:
    if detector.task is not None:
        task = detector.task.name.replace("_", " ")
        return (
            f"Planted language models do not do the task {task}: their tokenizer reads characters, so that no word of "
            "it is one token."
        )
    if detector.name in _PLANTED:
        return _PLANTED[detector.name]
    if truth_of(detector.name, detector.evidence) is None:
        return "How planted heads are built says nothing of this type."
    return _not_measured(detector)


def _not_measured(detector: Detector) -> str:
    return f"Not measured for version {detector.version}: `headcat calibrate {detector.name} --save` measures it."


def _recall_reason(records: list[ErrorRateRecord]) -> str:
    return next((each.recall_absent for each in records if each.recall_absent), "No head is known to be of this type.")
