"""What surrounds a call and can change its results, as one hash: code, packages, weights at hand, machine, device.

Nothing here loads torch. Whatever changes the hash only costs time: the call is then worked out in full.
"""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from srbench.core import paths, plugins
from srbench.evaluation.row import key

_SOURCES = Path(__file__).resolve().parents[2]
_SWITCHES = ("OMP_", "MKL_", "KMP_", "OPENBLAS_", "CUDA_", "HIP_", "ROCR_", "TORCH_", "PYTORCH_", "ATEN_", "DNNL_")
_ACCELERATORS = ("nvidia", "kfd", "dri", "accel", "dxg")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def known() -> bool:
    """Tell whether all code that computes is this project's own, on a system whose devices are listed in a folder."""
    groups = (plugins.ARCHITECTURES, plugins.MODELS, plugins.METRICS, plugins.DATASETS, plugins.RECIPES)
    others = [point for group in groups for point in plugins.points(group) if plugins.origin(point)]
    return sys.platform == "linux" and not others


def digest(words: Mapping[str, object], weights_roots: Sequence[Path], folders: Sequence[Path] = ()) -> str:
    """Return 16 hex digits that change when something changes that can change the results of a call.

    Args:
        words: Every option of the call.
        weights_roots: Folders of weight files.
        folders: Folders of images.
    """
    mirror = paths.mirror_root()
    mirrored = [Path(mirror).expanduser() / "weights"] if mirror else []
    places = [*weights_roots, paths.cache_folder() / "weights", *mirrored]
    return key(
        words=words,
        here=str(Path.cwd()),
        python=[sys.version, sys.prefix],
        code=[_tree(_SOURCES / package) for package in ("srbench", "zoo")],
        packages=[_names(Path(entry)) for entry in sys.path if entry],
        weights=[(str(place), _tree(place)) for place in places],
        folders=[(str(folder), _tree(folder, deep=False)) for folder in folders],
        mirror=mirror,
        machine=[platform.node(), sorted(os.sched_getaffinity(0)), _BOOT.read_text() if _BOOT.exists() else ""],
        accelerators=[name for name in _names(Path("/dev")) if name.startswith(_ACCELERATORS)],
        switches={name: value for name, value in os.environ.items() if name.startswith(_SWITCHES)},
    )


def _tree(folder: Path, *, deep: bool = True) -> str:
    """Return a hash of the names, sizes and times of all files of a folder."""
    return key(files=sorted(_files(str(folder), deep=deep)))


def _files(folder: str, *, deep: bool) -> Iterator[tuple[str, int, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # there is no such folder
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if deep and entry.name != "__pycache__":
                yield from _files(entry.path, deep=True)
        else:
            facts = entry.stat(follow_symlinks=entry.is_file())
            yield entry.path, facts.st_size, facts.st_mtime_ns


def _names(folder: Path) -> list[str]:
    """Return what is directly in a folder; of packages, the names tell the versions."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []
