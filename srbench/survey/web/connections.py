"""Connections of browsers to the server: slow ones are closed in time, and never keep others out.

A connection waits for its browser while it has sent no whole request, has nothing to ask, or does not read its answer.
Each of these ends in time. Where there are as many connections as the process may have, a new one takes the place of
the one that has waited longest, so that a thousand that send nothing stop nobody who sends a request at once.
"""

import asyncio
import resource
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_S, BODY_S, IDLE_S, READING_S = 10.0, 20.0, 30.0, 120.0
"""How long a browser may take to send a header and a body, to ask again, and to go on reading a picture, in seconds."""
_MOST_DESCRIPTORS = 8_192
_OTHER_DESCRIPTORS = 20  # libraries, log, listening socket, database


class Connection(Protocol):
    """What can be closed."""

    def end(self) -> None:
        """Close the connection at once."""


class Connections:
    """The open connections of a server.

    Args:
        most: Number of connections that may be open.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}  # in the order in which they began to wait

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Take a new connection, in the place of the one that has waited longest where there are too many."""
        longest = next(iter(self._waiting), None)
        if len(self._open) >= self.most and longest is not None:
            longest.end()
        self._open.add(connection)
        self._waiting[connection] = None

    def set_waiting(self, connection: Connection, *, waiting: bool) -> None:
        """Note whether a connection waits for its browser, from now on."""
        self._waiting.pop(connection, None)
        if waiting and connection in self._open:
            self._waiting[connection] = None

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._waiting.pop(connection, None)
        self._open.discard(connection)


class WatchedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with limits to the time that a browser may take.

    Args:
        connections: All connections of the server.
        arguments: What uvicorn gives to a protocol.
    """

    def __init__(self, connections: Connections, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._all = connections
        self._timer: asyncio.TimerHandle | None = None

    def end(self) -> None:
        """Close the connection at once, whatever has not been sent."""
        self._stop_timer()
        self._all.remove(self)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first header."""
        super().connection_made(transport)
        self._all.add(self)
        self._await_browser(HEADER_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        self._all.remove(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of a header."""
        super().on_message_begin()
        self._await_browser(HEADER_S)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        super().on_headers_complete()
        self._await_browser(BODY_S)

    def on_message_complete(self) -> None:
        """Wait no more: the request is there, and it is this program's turn."""
        super().on_message_complete()
        self._stop_timer()
        self._all.set_waiting(self, waiting=False)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.flow.write_paused and self.cycle.response_complete:
            self._await_browser(IDLE_S)

    def pause_writing(self) -> None:
        """Wait until the browser has read what was sent."""
        super().pause_writing()
        self._await_browser(READING_S)

    def resume_writing(self) -> None:
        """Wait for the next request, where this one is answered."""
        super().resume_writing()
        if self.cycle is not None and self.cycle.response_complete:
            self._await_browser(IDLE_S)
        else:
            self._stop_timer()
            self._all.set_waiting(self, waiting=False)

    def _await_browser(self, seconds: float) -> None:
        self._stop_timer()
        self._all.set_waiting(self, waiting=True)
        if not self.transport.is_closing():
            self._timer = self.loop.call_later(seconds, self.end)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def descriptors() -> int:
    """Return how many descriptors this process may have, after it has asked for as many as it can use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def most_connections(descriptors: int) -> int:
    """Return how many connections fit into a number of descriptors, pictures and new connections beside them."""
    return max(8, descriptors // 2 - _OTHER_DESCRIPTORS)
