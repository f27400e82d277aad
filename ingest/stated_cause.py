"""What a detector states about cause: its task and gate, or its behaviour, and the least share of either."""

from typing import Any

from ingest.cause import CAUSAL_RULE
from ingest.detector import Detector


def stated_cause(detector: Detector) -> dict[str, Any]:
    """Plain values for the catalog's row and for `headcat detectors`; null where there is nothing of the kind."""
    task, behaviour = detector.task, detector.behaviour
    return {
        "task": None if task is None else task.name,
        "gate": None if task is None else gate_in_words(detector),
        "behaviour": None if behaviour is None else behaviour.description,
        "works_against_behaviour": None if behaviour is None else behaviour.sign < 0,
        "min_effect": None if task is None and behaviour is None else detector.min_effect,
        "causal_rule": None if task is None and behaviour is None else CAUSAL_RULE,
    }


def gate_in_words(detector: Detector) -> str:
    """What the language model must be able to do before a head is scored."""
    assert detector.task is not None, "asked for where there is a task"
    measure = detector.task.measure.replace("_", " ")
    return (
        f"accuracy of at least {detector.task.required_accuracy:.2f}, and a {measure} above 0, and above that of the "
        "counterparts, at the lower end of the 95 % interval"
    )
