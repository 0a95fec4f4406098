"""Checkpoints of a training run: whole or not at all, read without running code from them."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as serialise
from torch import Tensor

from srbench.core.files import atomic_write
from srbench.errors import BadRun, first_line


def ensure_space(folder: Path, needed_bytes: int) -> None:
    """Refuse a disk that a run would fill.

    Raises:
        BadRun: Less is free than needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise BadRun(
            f"{folder} has {free / 2**20:.0f} MiB free; this run writes {needed_bytes / 2**20:.0f} MiB. "
            "Make room, or give another folder with --out"
        )


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint of plain values and tensors.

    Args:
        path: Replaced only when the new file is complete.
        content: As `load` gives it back.
    """
    _whole(path, lambda partial: torch.save(dict(content), partial))


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint, on the CPU.

    Raises:
        BadRun: It is damaged.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise BadRun(f"{path} could not be read ({first_line(error)}); start again in another folder") from error
    return content


def save_weights(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
    """Write a network's tensors as safetensors.

    Args:
        path: Replaced only when the new file is complete.
        tensors: By name.
        facts: Strings for the file's header.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    _whole(path, lambda partial: partial.write_bytes(serialise(plain, metadata=dict(facts))))


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    try:
        with atomic_write(path) as partial:
            write(partial)
    except (OSError, RuntimeError) as error:  # torch wraps what the system says
        raise BadRun(f"{path} could not be written ({first_line(error)}); make room, then --resume") from error
