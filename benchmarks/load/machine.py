"""The machine: what the measurements depend on, and the CPU time that is spent."""

import importlib.metadata
import os
import platform
import re
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import srbench

PACKAGES = ("starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy", "aiohttp")
WRITES, PAGE_BYTES = 50, 4096


def facts(folder: Path) -> dict[str, Any]:
    """Return what the measurements depend on; the folder is where the database will be."""
    models = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load_average_before": [round(value, 2) for value in os.getloadavg()],
        "fsync_median_ms": _fsync_ms(folder / "fsync"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "srbench": srbench.__version__,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def busy_s() -> float:
    """CPU seconds of everything since the machine started, what a host took away included."""
    user, nice, system, _idle, _wait, *others = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def _fsync_ms(path: Path) -> float:
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(WRITES):
            file.write(bytes(PAGE_BYTES))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return round(median(times) * 1000, 2)
