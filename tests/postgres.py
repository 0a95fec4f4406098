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
        options = f"-k {folder} -c listen_addresses=''"
        _run(str(binaries / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield folder
        finally:
            _run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def database(folder: Path) -> str:
    """The URL of a new, empty database."""
    name = f"t{uuid4().hex}"
    _run(str(_binaries() / "createdb"), "-h", str(folder), "-U", "postgres", name)
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"
