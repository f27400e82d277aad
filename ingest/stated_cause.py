"""What a detector states about cause: its task and gate, or its behaviour, or why it has none; and the least share."""

from typing import Any

from ingest.behaviour import Behaviour, Served, sign_of
from ingest.cause import CAUSAL_RULE
from ingest.detector import Detector
from ingest.tasks.task import Task


def stated_cause(detector: Detector) -> dict[str, Any]:
    """Plain values for the catalog's row and for `headcat detectors`; null where there is nothing of the kind."""
    task, behaviour = detector.task, detector.behaviour
    return {
        "task": None if task is None else task.name,
        "gate": None if task is None else gate_in_words(task),
        "behaviour": None if behaviour is None else _in_words(behaviour),
        "works_against_behaviour": None if behaviour is None else sign_of(behaviour) < 0,
        "no_behaviour": detector.no_behaviour,
        "min_effect": None if task is None and behaviour is None else detector.min_effect,
        "causal_rule": None if task is None and behaviour is None else CAUSAL_RULE,
    }


def _in_words(behaviour: Served) -> str:
    if isinstance(behaviour, Behaviour):
        return behaviour.description
    name, measure = (text.replace("_", " ") for text in (behaviour.name, behaviour.measure.value))
    return f"the {measure} of the task {name} ({behaviour.description})"


def gate_in_words(task: Task) -> str:
    """What the language model must be able to do before a head is scored."""
    measure = task.measure.replace("_", " ")
    return (
        f"accuracy of at least {task.required_accuracy:.2f}, and a {measure} above 0, and above that of the "
        "counterparts, at the lower end of the 95 % interval"
    )
