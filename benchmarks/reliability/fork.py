"""Calls of the command line in forks of one process that has loaded everything, with their own streams and limits."""

import ctypes
import gc
import importlib
import io
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import srbench
import zoo
from srbench.cli import app

LIMIT_CPU_S = 30
_LIMIT_WALL_S, _MEMORY_MORE = 240, 8 * 2**30
_SERVING, _SERVE_S = (b"Administrator:", b"Rate: http"), 0.4


def load_everything() -> None:
    """Import every module of the program, so that no fork has to."""
    for package in (srbench, zoo):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.freeze()  # a collection in a fork would copy every page


@dataclass(frozen=True)
class End:
    """How a call ended: exit code, or None after its time; what it wrote; seconds of processor."""

    code: int | None
    out: bytes
    err: str
    cpu_s: float


def call(
    words: list[str],
    folder: Path,
    *,
    stream: str = "",
    most_bytes: int = 0,
    interrupt_s: float = 0.0,
    serves: bool = False,
) -> End:
    """Run a call in a folder, without the right to write everywhere, and wait for its end.

    Args:
        words: Words after `srbench`.
        folder: Working folder.
        stream: "full", "closed", "ascii" or "cp1252" for a fault of stdout.
        most_bytes: Limit of a file's size; 0 for none.
        interrupt_s: Seconds after which Ctrl-C comes; 0 for never.
        serves: It is a server, which Ctrl-C stops soon after it came up.
    """
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if child == 0:
        _child(words, folder, (pipes[0][1], pipes[1][1]), stream, most_bytes)
    for _, writing in pipes:
        os.close(writing)
    ends = [reading for reading, _ in pipes]
    for reading in ends:
        os.set_blocking(reading, False)
    told = {reading: bytearray() for reading in ends}
    code, cpu_s = _wait(child, interrupt_s, told, serves)
    for reading in ends:
        os.close(reading)
    return End(code, bytes(told[ends[0]]), told[ends[1]].decode(errors="replace"), cpu_s)


def _wait(child: int, interrupt_s: float, told: dict[int, bytearray], serves: bool) -> tuple[int | None, float]:
    start, stopped = time.monotonic(), False
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        for reading, written in told.items():
            with suppress(BlockingIOError):
                while part := os.read(reading, 1 << 16):
                    written.extend(part)
        if done:
            return None if stopped else os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        passed = time.monotonic() - start
        if serves and not interrupt_s and any(word in written for word in _SERVING for written in told.values()):
            interrupt_s, serves = passed + _SERVE_S, False
        if interrupt_s and passed > interrupt_s:
            os.kill(child, signal.SIGINT)
            interrupt_s = 0.0
        if passed > _LIMIT_WALL_S:
            os.kill(child, signal.SIGKILL)
            stopped = True
        time.sleep(0.005)


def _child(words: list[str], folder: Path, ends: tuple[int, int], stream: str, most_bytes: int) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        _streams(ends, stream)
        (folder / "tmp").mkdir(exist_ok=True)
        os.environ |= {"TMPDIR": str(folder / "tmp"), "SRBENCH_CACHE": str(folder / "cache"), "COLUMNS": "100"}
        tempfile.tempdir = None
        _limits(most_bytes)
        sys.argv = ["srbench", *words]
        app.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt as stop:
        code = 130
        if any(frame.filename == app.__file__ for frame in traceback.extract_tb(stop.__traceback__)):
            traceback.print_exc()  # not where it came before the program had begun
    except BaseException:
        with suppress(Exception):
            traceback.print_exc()
    os._exit(_flushed(code))


def _streams(ends: tuple[int, int], stream: str) -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY) if stream == "full" else ends[0], 1)
    os.dup2(ends[1], 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    encoding = stream if stream in ("ascii", "cp1252") else "utf-8"
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", buffering=0, closefd=False), encoding, "backslashreplace", write_through=True
    )
    if stream == "closed":
        os.close(1)
        sys.stdout = None  # type: ignore[assignment]  # as Python does
    else:
        sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding, "strict")


def _limits(most_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_CPU_S, LIMIT_CPU_S + 5))
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + _MEMORY_MORE, taken + _MEMORY_MORE))
    if most_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*([0] * 6)))


def _flushed(code: int) -> int:
    """Do what Python does at its end: a buffer that cannot be written is exit code 120."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception:
        with suppress(Exception):
            sys.stderr.write("Exception ignored while flushing sys.stdout\n")
        return 120
    return code
