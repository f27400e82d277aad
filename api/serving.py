"""One process of the server: the app on a socket that listens already."""

import socket

import uvicorn
from fastapi import FastAPI

from api.startup import WAITING
from api.workers import when_gone


def answer(app: FastAPI, listening: socket.socket, number: int = 0, alive: int | None = None) -> None:
    """Answer until a signal asks to end.

    Args:
        app: What answers.
        listening: A socket that listens.
        number: Which of several processes this is.
        alive: A descriptor whose end says that the process which started this one is gone.
    """
    app.state.metrics.write_as(number)
    server = _Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=True, backlog=WAITING)
    )
    if alive is not None:
        when_gone(alive, server.end)
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that can be asked to end from another thread."""

    def end(self) -> None:
        """Finish what was asked and stop."""
        self.should_exit = True
