"""The training log: loss all along, and what the language model could do at some steps."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.reference.accuracy import Accuracy


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    step: int
    n_tokens: int
    """Seen so far, padding included."""
    loss: float
    """Mean over the steps since the line before, in nats."""
    accuracies: Sequence[Accuracy] = field(default=())


def as_csv(entries: Sequence[Entry]) -> str:
    """A column for each task; one line for each entry."""
    names = [each.task for each in entries[0].accuracies] if entries else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "n_tokens", "loss", *names])
    for entry in entries:
        shares = [f"{each.accuracy:.3f}" for each in entry.accuracies]
        writer.writerow([entry.step, entry.n_tokens, f"{entry.loss:.4f}", *shares])
    return text.getvalue()
