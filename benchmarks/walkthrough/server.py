"""`srbench survey serve` as a process of its own, that other machines could reach too."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.walkthrough.window import HOST
from srbench.errors import UserError

_START_S, _END_S, _LOOK_S = 120.0, 30.0, 0.05


@contextmanager
def served(study: Path, tls: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Serve a study, over HTTPS where there is a certificate with its key; the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "srbench", "survey", "serve", str(study), "--host", "0.0.0.0", "--port", str(port)]
    with subprocess.Popen(
        [*command, *(("--tls", *map(str, tls)) if tls else ())], stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(_END_S)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    limit = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < limit:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_LOOK_S)
    raise UserError("the server did not start")


def own_address() -> str:
    """Return the address by which other machines of the network reach this one; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:  # there is no network
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of this machine's name, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    names = ("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}")
    subprocess.run(
        ("openssl", "req", *kind, *names, "-out", str(cert), "-keyout", str(key)), check=True, capture_output=True
    )
    return cert, key
