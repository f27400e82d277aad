"""Whether a language model does a task at all: nothing is said of heads where it does not."""

import numpy as np
from jaxtyping import Float
from torch import Tensor

from ingest.statistics.bootstrap import mean_interval
from ingest.tasks.task import Task
from ingest.verdict import GateOutcome


def task_gate(task: Task, values: Float[Tensor, " batch"], accuracy: float, *, seed: int = 0) -> GateOutcome:
    """Accuracy must reach what the task asks for, and the measure must lie above 0 with its 95 % interval.

    A batch that is read at a wrong position, or a language model that guesses, stops here.

    Args:
        task: What was asked.
        values: The task's measure of each prompt.
        accuracy: Share of prompts answered right.
        seed: Of the resamples.

    Returns:
        The condition that fails, or accuracy where none does.
    """
    low = float(mean_interval(values.double().cpu().numpy(), seed).low)
    # An interval that is not a number is no pass either.
    is_above = bool(np.isfinite(low)) and low > 0
    if accuracy >= task.required_accuracy and not is_above:
        return GateOutcome(False, f"lower end of {task.measure.value} on {task.name}", low, 0.0)
    return GateOutcome(accuracy >= task.required_accuracy, f"accuracy on {task.name}", accuracy, task.required_accuracy)
