"""A PostgreSQL server of the tests' own: Debian's package, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("needs a PostgreSQL server: apt-get install postgresql")
    return found[-1].parent


def _run(*command: str) -> None:
    # The server refuses to run as root.
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*other, *command], check=True, capture_output=True, cwd="/")


@contextmanager
def server() -> Iterator[Path]:
    """A running server; what is given is the folder of its socket."""
    pytest.importorskip("psycopg")
    binaries, folder = _binaries(), Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    try:
        _run(str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
        start(folder)
        try:
            yield folder
        finally:
            stop(folder)
    finally:
        shutil.rmtree(folder)


def start(folder: Path) -> None:
    """Start the server of a folder, and wait until it answers."""
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"  # only the machine's own end would lose anything
    command = ("-D", str(folder / "data"), "-o", options, "-l", str(folder / "log"), "-w", "start")
    _run(str(_binaries() / "pg_ctl"), *command)


def stop(folder: Path) -> None:
    """Stop the server of a folder at once."""
    _run(str(_binaries() / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")


def database(folder: Path) -> str:
    """The URL of a new, empty database."""
    name = f"t{uuid4().hex}"
    _run(str(_binaries() / "createdb"), "-h", str(folder), "-U", "postgres", name)
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"
