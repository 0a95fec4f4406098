"""`srbench survey serve` as a process that can be killed and started again."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.load import serving
from srbench.errors import UserError

START_S, LOOK_S = 120.0, 0.05


class Server:
    """The process; it has not been started yet."""

    def __init__(
        self, study: Path, database: str, environment: Mapping[str, str] | None = None, *, workers: int = 1
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address: tuple[str, int] = free.getsockname()
        self.address = "http://{}:{}".format(*self._address)
        self._command = [sys.executable, "-m", "srbench", "survey", "serve", str(study)]
        self._command += ["--port", str(self._address[1]), "--database", database, "--workers", str(workers)]
        self._environment = environment
        self._process: Any = None
        self._past_s = 0.0

    def start(self) -> None:
        """Start it and wait until it listens; what it says goes to the terminal."""
        self._process = self._started()
        limit = time.monotonic() + START_S
        while self._alive() and time.monotonic() < limit:
            with socket.socket() as caller:
                if caller.connect_ex(self._address) == 0:
                    return
            time.sleep(LOOK_S)
        raise UserError("the server did not start; its message stands above")

    def kill(self) -> None:
        """As the kernel would: nothing is finished."""
        self._past_s = self.cpu_s()
        self._process.kill()
        self._ended()

    def _started(self) -> Any:
        return subprocess.Popen(self._command, stdout=sys.stderr, env=self._environment)

    def _alive(self) -> bool:
        return self._process.poll() is None

    def _ended(self) -> None:
        self._process.wait()

    def cpu_s(self) -> float:
        """What it and its workers have used, also before it was killed."""
        parent = self._process.pid
        try:
            workers = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:  # it is dead
            return self._past_s
        return self._past_s + sum(_cpu_s(process) for process in (parent, *workers))


def _cpu_s(process: int | str) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class ForkedServer(Server):
    """The same, forked from a process that has its modules already: it listens sooner."""

    def _started(self) -> Any:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["benchmarks.load.serving"])
        process = context.Process(target=serving.serve, args=(self._command[2:],))
        process.start()
        return process

    def _alive(self) -> bool:
        return bool(self._process.is_alive())

    def _ended(self) -> None:
        self._process.join()
