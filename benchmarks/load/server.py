"""`srbench survey serve` as a process that can be killed and started again."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from srbench.errors import UserError

START_S, LOOK_S = 120.0, 0.05


class Server:
    """The process; it has not been started yet."""

    def __init__(self, study: Path, database: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address: tuple[str, int] = free.getsockname()
        self.address = "http://{}:{}".format(*self._address)
        self._command = [sys.executable, "-m", "srbench", "survey", "serve", str(study)]
        self._command += ["--port", str(self._address[1]), "--database", database]
        self._process: subprocess.Popen[bytes] | None = None
        self._past_s = 0.0

    def start(self) -> None:
        """Start it and wait until it listens; what it says goes to the terminal."""
        self._process = subprocess.Popen(self._command, stdout=sys.stderr)
        limit = time.monotonic() + START_S
        while self._process.poll() is None and time.monotonic() < limit:
            with socket.socket() as caller:
                if caller.connect_ex(self._address) == 0:
                    return
            time.sleep(LOOK_S)
        raise UserError("the server did not start; its message stands above")

    def kill(self) -> None:
        """As the kernel would: nothing is finished."""
        assert self._process is not None
        self._past_s = self.cpu_s()
        self._process.kill()
        self._process.wait()

    def cpu_s(self) -> float:
        """What it has used, also before it was killed."""
        assert self._process is not None
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it is dead
            return self._past_s
        return self._past_s + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
