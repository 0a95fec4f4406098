"""The server of a study: uvicorn, which stops cleanly and does not wait for slow browsers."""

import signal
import socket
import threading
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from srbench.survey.web.connections import IDLE_S, Connections, WatchedProtocol, descriptors, most_connections

_GRACE_S = 5


def run(app: Any, listener: socket.socket) -> None:
    """Serve an ASGI application at an open socket until Ctrl-C or SIGTERM; both let the caller clean up.

    Args:
        app: ASGI application.
        listener: Socket to listen on.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: After SIGTERM, with status 0.
    """
    available = descriptors()
    connections = Connections(most_connections(available))
    config = uvicorn.Config(
        app,
        http=partial(WatchedProtocol, connections),  # type: ignore[arg-type]
        ws="none",
        log_level="warning",
        server_header=False,
        access_log=False,
        backlog=min(2_048, available // 4),  # so many are accepted before one of them can be closed
        timeout_keep_alive=round(IDLE_S),
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    if threading.current_thread() is not threading.main_thread():  # signals go to the main thread
        server.run(sockets=[listener])
        return
    # When it has stopped, uvicorn raises the signal again, which by default ends the process without any cleaning up.
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
