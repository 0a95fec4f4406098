"""A local HTTP server that answers as well or as badly as a test asks."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Request(NamedTuple):
    """What the server was asked for."""

    path: str
    range: str | None


class Handler(BaseHTTPRequestHandler):
    """Passes a request on to the reply that the test has put there."""

    server: "Server"

    def do_GET(self) -> None:
        reply, body = self.server.next_reply(Request(self.path, self.headers["Range"]))
        reply(self, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def open(self, status: int, length: int | None, **headers: str) -> None:
        """Send the head of a reply; without a length, the end of the connection is the end of the body."""
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def open_rest(self, body: bytes) -> bytes:
        """Send the head of a reply to a request that may name a range, and return what is asked for of the body."""
        asked = self.headers["Range"]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(body):
            self.open(416, 0)
            return b""
        span = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.open(206 if asked else 200, len(body) - start, Content_Range=span)
        return body[start:]

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


Reply = Callable[[Handler, bytes], None]


def serve(handler: Handler, body: bytes) -> None:
    """As a good server does: whole, or the range that is asked for."""
    handler.wfile.write(handler.open_rest(body))


def serve_whole(handler: Handler, body: bytes) -> None:
    """As a server that does not know ranges."""
    handler.open(200, len(body))
    handler.wfile.write(body)


def serve_unmeasured(handler: Handler, body: bytes) -> None:
    """As a server that does not know how long the file is."""
    handler.open(200, None)
    handler.wfile.write(body)


def truncate(handler: Handler, body: bytes) -> None:
    """Promise all of it and hang up half way."""
    rest = handler.open_rest(body)
    handler.wfile.write(rest[: len(rest) // 2])


def corrupt(handler: Handler, body: bytes) -> None:
    """Send one wrong byte in the middle."""
    middle = len(body) // 2
    serve(handler, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])


def stall(handler: Handler, body: bytes) -> None:
    """Send half and then nothing, for as long as the server runs."""
    truncate(handler, body)
    handler.wfile.flush()
    handler.server.closing.wait()


def hang(handler: Handler, _: bytes) -> None:
    """Take the request and never answer."""
    handler.server.closing.wait()


def fail(status: int) -> Reply:
    """Answer with an error and no body."""
    return lambda handler, _: handler.open(status, 0)


def redirect(location: str) -> Reply:
    """Send the client elsewhere."""
    return lambda handler, _: handler.open(302, 0, Location=location)


class Gate:
    """A reply that waits until the test opens it, but not for ever.

    Attributes:
        reached: Set when a request waits.
        opened: Set by the test.
    """

    def __init__(self, *, half_way: bool = False) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._half_way = half_way

    def __call__(self, handler: Handler, body: bytes) -> None:
        """Wait before the head of the reply, or in the middle of its body."""
        if self._half_way:
            rest = handler.open_rest(body)
            handler.wfile.write(rest[: len(rest) // 2])
            self._wait()
            handler.wfile.write(rest[len(rest) // 2 :])
        else:
            self._wait()
            serve(handler, body)

    def _wait(self) -> None:
        self.reached.set()
        self.opened.wait(1)


class Server(ThreadingHTTPServer):
    """Serves what was `put` on it, on a free port of this machine, for as long as its context lasts.

    Attributes:
        asked: Every request, in order.
        closing: Set when the context ends.
    """

    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.asked: list[Request] = []
        self.closing = threading.Event()
        self._replies: dict[str, tuple[list[Reply], bytes]] = {}
        self._lock = threading.Lock()

    def put(self, path: str, body: bytes = b"", *replies: Reply) -> str:
        """Lay a file at a path, "/a.bin", and return its URL.

        Args:
            path: Of the URL.
            body: What the file holds.
            replies: One for each request, the last of them for all that follow; `serve` if none is given.
        """
        self._replies[path] = (list(replies or [serve]), body)
        return f"http://{self.host}{path}"

    def next_reply(self, request: Request) -> tuple[Reply, bytes]:
        """The answer to a request; 404 to what nobody put there."""
        with self._lock:
            self.asked.append(request)
            replies, body = self._replies.get(request.path, ([fail(404)], b""))
            return replies.pop(0) if len(replies) > 1 else replies[0], body

    def ranges(self) -> list[str | None]:
        """The Range header of every request."""
        return [request.range for request in self.asked]

    def handle_error(self, *_: Any) -> None:
        """Say nothing when a client hangs up first."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


@contextmanager
def closed_port() -> Iterator[socket.socket]:
    """A port that refuses every connection until the test listens on it."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        yield port


def url_of(port: socket.socket) -> str:
    """The URL of a port of this machine, without a path."""
    return f"http://127.0.0.1:{port.getsockname()[1]}"
