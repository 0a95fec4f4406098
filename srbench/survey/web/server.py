"""The server of a study: uvicorn, which stops cleanly and does not wait for slow browsers."""

import gc
import signal
import socket
import ssl
import sys
import threading
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from srbench.survey.web.connections import IDLE_S, Connections, WatchedProtocol, descriptors, most_connections
from srbench.survey.web.tls import TlsProtocol

_GRACE_S = 5
_SWITCH_S = 0.0001
"""How long a thread may keep another one from running, in seconds.

Every statement of a transaction gives the interpreter away and waits for it again. With Python's 5 ms an answer took
21 ms at the median where 200 raters came; half a millisecond alone made it 11 ms (benchmarks/load).
"""


def run(app: Any, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
    """Serve an ASGI application at an open socket until Ctrl-C or SIGTERM; both let the caller clean up.

    Args:
        app: ASGI application.
        listener: Socket to listen on.
        tls: TLS context for HTTPS; None for plain HTTP.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: After SIGTERM, with status 0.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.freeze()  # else everything that was imported is searched again and again: pauses of up to 0.27 s, measured
    available = descriptors()
    connections = Connections(most_connections(available))
    protocol = partial(TlsProtocol, connections, tls) if tls else partial(WatchedProtocol, connections)
    config = uvicorn.Config(
        app,
        http=protocol,  # type: ignore[arg-type]
        loop="asyncio" if tls else "auto",  # uvloop loses a handshake that begins before it listens
        ws="none",
        log_level="warning",
        server_header=False,
        access_log=False,
        log_config=None,  # its own would close the handlers of whoever runs it
        backlog=min(2_048, available // 4),  # so many are accepted before one of them can be closed
        timeout_keep_alive=round(IDLE_S),
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    if threading.current_thread() is not threading.main_thread():  # signals go to the main thread
        server.run(sockets=[listener])
        return
    # When it has stopped, uvicorn raises the signal again, which by default ends the process without any cleaning up.
    before = signal.signal(signal.SIGTERM, leave)
    try:
        server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def leave(_signal: int, _frame: FrameType | None) -> None:
    """End this process at a signal, and let it clean up."""
    raise SystemExit(0)
