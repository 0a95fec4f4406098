"""The server itself: slow connections end and keep nobody out, and SIGTERM leaves one whole file."""

import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from srbench.survey.store.connection import SQLITE
from srbench.survey.store.vote_store import VoteStore
from srbench.survey.study import load
from srbench.survey.web import connections, server
from srbench.survey.web.connections import Connections, WatchedProtocol, most_connections
from tests.cli.conftest import Call
from tests.survey.test_web import made

_REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers with 20 MB when the body is there."""
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"20000000")]})
    await send({"type": "http.response.body", "body": bytes(20_000_000)})


@contextmanager
def _served(most: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """A server; its port, and how many connections it has."""
    every = Connections(most)
    protocol = partial(WatchedProtocol, every)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(_app, http=protocol, log_config=None, lifespan="off")  # type: ignore[arg-type]
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield listener.getsockname()[1], lambda: len(every)
        running.force_exit = running.should_exit = True
        thread.join()


def test_handlers_of_logs_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some close the standard error with them, as absl's does."""
    closed = []
    handler = logging.StreamHandler()
    handler.close = lambda: closed.append(handler)  # type: ignore[method-assign]
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.run(_app, listener)
    assert not closed


def _left_open(port: int, sent: bytes, then: bytes = b"") -> float:
    """How long a connection is left open that sends this, and then a byte again and again; in seconds."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(0.05)
        client.sendall(sent)
        started = time.monotonic()
        while time.monotonic() - started < 5:
            try:
                if then:
                    client.sendall(then)
                if client.recv(65_536) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        return time.monotonic() - started


def test_a_slow_browser_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADER_S", "BODY_S", "IDLE_S", "READING_S"):
        monkeypatch.setattr(connections, name, 0.3)
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n"
    with _served(most=50) as (port, count):
        for sent, then in (
            (b"", b""),
            (b"GET / HTTP/1.1\r\nX-Slow: ", b"a"),
            (b"\r\n", b"\r\n"),
            (body, b"a"),
            (_REQUEST, b""),  # answered, and then silent
            (_REQUEST, b"\r\n"),
        ):
            assert _left_open(port, sent, then) < 3, (sent, then)
        with socket.create_connection(("127.0.0.1", port)) as client:  # asks for a picture, and does not read it
            client.sendall(_REQUEST)
            started = time.monotonic()
            while not count() and time.monotonic() - started < 5:
                time.sleep(0.01)
            while count() and time.monotonic() - started < 5:
                time.sleep(0.01)
            assert count() == 0


def test_slow_connections_give_way_to_new_ones() -> None:
    with _served(most=20) as (port, count), ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(60)]
        for client in slow[:30]:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        for _ in range(3):
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False).status_code == 200
        assert count() <= 20


def test_room_for_connections() -> None:
    assert most_connections(120) == 40
    assert most_connections(8_192) == 4_076
    assert most_connections(10) == 8


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")


def _check_whole(folder: Path, raters: int) -> None:
    """The file alone holds everything, as somebody reads it who copies nothing else."""
    log = folder / f"{SQLITE}-wal"
    assert not log.exists() or log.stat().st_size == 0
    with closing(sqlite3.connect(f"file:{folder / SQLITE}?mode=ro&immutable=1", uri=True)) as alone:
        assert alone.execute("SELECT count(*) FROM rater").fetchone() == (raters,)


def test_sigterm_leaves_one_whole_file(call: Call, tmp_path: Path) -> None:
    folder, port = made(call, tmp_path).folder, _free_port()

    def stop() -> None:
        _wait_for(f"http://127.0.0.1:{port}/health")
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=stop)
    thread.start()
    code, _, _ = call("survey", "serve", str(folder), "--port", str(port), "--open-limit", "5")
    thread.join()
    assert code == 0
    store = VoteStore(load(folder))
    store.invite()
    assert (folder / f"{SQLITE}-wal").stat().st_size > 0
    store.close()
    _check_whole(folder, 1)


@pytest.mark.slow
def test_130_slow_connections_with_120_descriptors(call: Call, tmp_path: Path) -> None:
    folder, port = made(call, tmp_path).folder, _free_port()
    command = [
        sys.executable,
        "-m",
        "srbench",
        "survey",
        "serve",
        str(folder),
        "--port",
        str(port),
        "--open-limit",
        "5",
    ]
    root = Path(__file__).parent.parent.parent
    limited = ["sh", "-c", 'ulimit -n 120 && exec "$@"', "sh", *command]
    with subprocess.Popen(limited, stderr=subprocess.PIPE, text=True, cwd=root) as process, ExitStack() as stack:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/health")
            for _ in range(130):
                slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                slow.sendall(b"POST /join HTTP/1.1\r\nHost: x\r\n")
            with httpx.Client(timeout=5) as browser:
                assert browser.get(f"{url}/").status_code == 200
                assert browser.post(f"{url}/join").status_code == 200
        finally:
            process.terminate()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    _check_whole(folder, 1)
