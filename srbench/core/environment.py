"""The environment of a measurement: machine, versions, and settings that can move the last digits."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from srbench.core import allocator

DISTRIBUTION = "sr-bench-suite"
_PACKAGES = (
    DISTRIBUTION,
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "scikit-image",
    "lpips",
    "pillow",
    "pandas",
    "onnxruntime",
)


def versions(packages: Sequence[str]) -> dict[str, str | None]:
    """Return the version of each package; None where it is not installed."""
    return {name: _version(name) for name in packages}


def describe(device: torch.device) -> dict[str, Any]:
    """Describe the environment of a run.

    Args:
        device: Device that the models run on.

    Returns:
        Facts that JSON can hold.
    """
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": versions(_PACKAGES),
        "commit": _commit(),
        "cpu": cpu_name(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "allocator": "glibc, freed memory is kept" if allocator.kept() else "as the system has it",
        "device": device.type,
    }
    if device.type == "cuda":
        facts["gpu"] = torch.cuda.get_device_name(device)
        facts["cuda"] = torch.version.cuda
        facts["cudnn"] = torch.backends.cudnn.version()
        facts["driver"] = _driver()
    elif device.type == "xpu":
        facts["gpu"] = torch.xpu.get_device_name(device)
    elif device.type != "cpu":
        facts["gpu"] = f"{device.type} of {facts['cpu']}"
    facts["machine"] = facts.get("gpu") or f"{facts['cpu']}, {facts['threads']} threads"
    return facts


@cache
def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu_name() -> str:
    """Return the name of the processor as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@cache
def _commit() -> str | None:
    """Return the commit of the checkout that this package runs from; None where it was installed."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    return _ask("git", "-C", str(root), "describe", "--always", "--dirty")


def _driver() -> str | None:
    answer = _ask("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return answer.splitlines()[0] if answer else None


def _ask(*command: str) -> str | None:
    environment = os.environ | {"LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, env=environment, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
