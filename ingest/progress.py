"""How far a scan is: a bar on a terminal, plain lines elsewhere. Both go to standard error."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

# Lines in a log: often enough to see that it lives, seldom enough to be read.
_SECONDS_BETWEEN_LINES = 10.0


class Progress(AbstractContextManager["Progress"]):
    """Tells nothing; what others build on."""

    def tell(self, line: str) -> None:
        """Say what goes on."""

    def start(self, label: str, n_prompts: int) -> None:
        """A pass over prompts begins, or begins again."""

    def advance(self, n_prompts: int) -> None:
        """So many more prompts are done."""

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""


class Told(Progress):
    """Hands sentences to a function and leaves numbers out."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report

    def tell(self, line: str) -> None:
        """Say what goes on."""
        self._report(line)

    def start(self, label: str, n_prompts: int) -> None:
        """A pass over prompts begins."""
        self._report(label)


class Lines(Progress):
    """Plain lines: each pass as it begins, and where it is every ten seconds."""

    def __init__(
        self,
        write: Callable[[str], None] = lambda line: click.echo(line, err=True),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._clock = write, clock
        self._label, self._n_done, self._n_prompts, self._told_at = "", 0, 0, 0.0

    def tell(self, line: str) -> None:
        """Say what goes on."""
        self._write(f"{line} …")

    def start(self, label: str, n_prompts: int) -> None:
        """A pass over prompts begins."""
        self._label, self._n_done, self._n_prompts, self._told_at = label, 0, n_prompts, self._clock()
        self._write(f"{label} …")

    def advance(self, n_prompts: int) -> None:
        """So many more prompts are done."""
        self._n_done += n_prompts
        if self._clock() - self._told_at >= _SECONDS_BETWEEN_LINES and self._n_done < self._n_prompts:
            self._told_at = self._clock()
            self._write(f"{self._label}: {self._n_done} of {self._n_prompts} prompts …")


class Terminal(Progress):
    """A bar for each pass."""

    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("prompts"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=False,
        )
        self._task: TaskID | None = None
        self._label = ""

    def __enter__(self) -> "Terminal":
        """Take the last lines of the terminal."""
        self._bars.start()
        return self

    def tell(self, line: str) -> None:
        """Say what goes on, above the bars."""
        self._bars.console.print(f"{line} …", style="dim", markup=False, highlight=False)

    def start(self, label: str, n_prompts: int) -> None:
        """A pass over prompts begins, or begins again with fewer prompts at a time."""
        if self._task is not None and label == self._label:
            self._bars.reset(self._task, total=n_prompts)
            return
        self._label = label
        self._task = self._bars.add_task(label.replace("[", r"\["), total=n_prompts)

    def advance(self, n_prompts: int) -> None:
        """So many more prompts are done."""
        if self._task is not None:
            self._bars.advance(self._task, n_prompts)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._bars.stop()


def progress_for_stderr() -> Progress:
    """Bars where standard error is a terminal, lines where it is not."""
    return Terminal() if sys.stderr.isatty() else Lines()
