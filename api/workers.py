"""Several processes that answer at one address, started as copies of one that is ready to answer.

They listen at one port, and share in memory the counts of requests and of clients; everything else is of each
process. One that ends by itself is started again. They end with the process that started them, however that ends.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_log = logging.getLogger(__name__)

# One that cannot even start is not started again and again at full speed.
_PAUSE_S = 1.0


def can_copy() -> bool:
    """Whether this system can copy a process."""
    return hasattr(os, "fork")


def run_copies(n: int, run: Callable[[int, int], None]) -> None:
    """Run a function in so many copies of this process until a signal asks to end; ends by that signal.

    Args:
        n: How many.
        run: Takes the number of its copy and a descriptor whose end says that this process is gone.
    """
    ended: list[int] = []
    running: dict[int, int] = {}
    alive, parent = os.pipe()

    def end(number: int, _frame: FrameType | None) -> None:
        ended.append(number)
        for process in running:
            os.kill(process, signal.SIGTERM)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)

    def start(number: int) -> None:
        process = _copy(number, run, alive, parent)
        running[process] = number
        if ended:
            os.kill(process, signal.SIGTERM)

    for number in range(n):
        start(number)
    while running:
        process, status = os.wait()
        number = running.pop(process)
        if not ended:
            _log.error("Process %s of the server ended (%s); another takes its place.", process, status)
            time.sleep(_PAUSE_S)
        if not ended:
            start(number)
    signal.signal(ended[0], signal.SIG_DFL)
    signal.raise_signal(ended[0])


def _copy(number: int, run: Callable[[int, int], None], alive: int, parent: int) -> int:
    process = os.fork()
    return process or _run(number, run, alive, parent)


def _run(number: int, run: Callable[[int, int], None], alive: int, parent: int) -> NoReturn:
    status = 1
    try:
        os.close(parent)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        run(number, alive)
        status = 0
    except BaseException:
        _log.exception("Process %s of the server failed.", os.getpid())
    finally:
        # What was opened before the copy belongs to the process that started it.
        sys.stderr.flush()
        os._exit(status)


def when_gone(alive: int, action: Callable[[], None]) -> None:
    """Do something once the process that started this one is gone."""

    def wait() -> None:
        os.read(alive, 1)
        action()

    threading.Thread(target=wait, daemon=True).start()
