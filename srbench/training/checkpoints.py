"""Checkpoints of a training run: written whole or not at all, and read without running code from them."""

import errno
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srbench.core import stored_json
from srbench.core.files import atomic_write
from srbench.errors import BadRun, first_line, reason
from srbench.models.sealed_tensors import serialise

_SCHEMA, _VERSION = "training-checkpoint", 1
_RENAMED = {"inverse": "lr_generator"}
"""Networks of version 0, which named neither schema nor version, with their names in version 1."""


def ensure_space(folder: Path, needed_bytes: int) -> None:
    """Refuse a run that would fill the disk.

    Args:
        folder: Where the run writes; it is made.
        needed_bytes: How much it writes.

    Raises:
        BadRun: Less space is free than needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise BadRun(
            f"{folder} has {free / 2**20:.0f} MiB free; this run writes {needed_bytes / 2**20:.0f} MiB. "
            "Make room, or give another folder with --out"
        )


def last(folder: Path) -> Path:
    """Return the checkpoint from which the run of a folder goes on.

    Raises:
        BadRun: There is none.
    """
    path = folder / "last.ckpt"
    if not path.is_file():
        raise BadRun(f"{folder} holds no last.ckpt to resume from; leave out --resume to begin")
    return path


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint of plain values and tensors.

    Args:
        path: The file; an older one is replaced only when the new one is complete.
        content: The recipe, the progress, and the state of networks and optimizers.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    marked = stored_json.marked(_SCHEMA, _VERSION, content)
    _write_atomically(path, lambda partial: _save(marked, partial))


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint; its tensors are on the CPU.

    Raises:
        BadRun: The file is damaged, is no checkpoint of a training run, or was written by a later version.
    """
    try:
        _check_sums(path)
        stored: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        weights = path.with_suffix(".safetensors")
        kept = f", from its weights with --start {weights}" if weights.exists() else ""
        raise BadRun(f"{path} could not be read ({first_line(error)}); start again in another folder{kept}") from error
    keys = ("recipe", "progress", "networks")
    content = stored_json.check(stored, path, _SCHEMA, _VERSION, unmarked_keys=keys, error=BadRun)
    if lacking := [key for key in keys if key not in content]:
        raise BadRun(f"{path} lacks '{lacking[0]}'; expected a checkpoint of `srbench train`. Start in another folder")
    networks = {_RENAMED.get(role, role): state for role, state in content["networks"].items()}
    return {**content, "networks": networks}


def _check_sums(path: Path) -> None:
    """Compare every part of a checkpoint with its checksum, which torch writes and does not read.

    Raises:
        ValueError: A part is damaged.
    """
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except Exception as error:  # of a damaged archive zipfile raises whatever it runs into
        raise ValueError(reason(error)) from error
    if broken:
        raise ValueError(f"the checksum of its part {broken} does not match")


def save_weights(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
    """Write a network's tensors as safetensors, with a checksum.

    Args:
        path: The file; an older one is replaced only when the new one is complete.
        tensors: The tensors by name.
        facts: Strings for the file's header.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    _write_atomically(path, lambda partial: partial.write_bytes(serialise(tensors, facts)))


def _save(content: Mapping[str, Any], partial: Path) -> None:
    with partial.open("wb") as file:  # torch would store the temporary name of a path
        torch.save(content, file)


def _write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    try:
        with atomic_write(path) as partial:
            write(partial)
    except RuntimeError as error:  # torch wraps what the system says
        cause = error.__context__
        number = cause.errno if isinstance(cause, OSError) and cause.errno else errno.EIO
        raise OSError(number, os.strerror(number), str(path)) from error
