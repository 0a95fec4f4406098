"""Training images: found, read once from end to end, and kept apart from the test sets before anything starts."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from srbench.core import image
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.datasets import catalogue
from srbench.errors import BadImage, BadTrainingData

_BUILTIN = "builtin"
"""Photographs for trying things out; no table of a paper rests on them."""


@dataclass(frozen=True)
class Found:
    """Images that can be trained on.

    Attributes:
        training: Their files.
        held_out: Files of the validation set.
        left_out: How many were not used, by reason.
    """

    training: list[Path]
    held_out: list[Path]
    left_out: Counter[str] = field(default_factory=Counter)


def listing(root: Path, folders: Sequence[str]) -> list[Path]:
    """All image files in some folders, at any depth, in an order that no file system changes.

    Args:
        root: What relative folders are relative to.
        folders: Their names.

    Raises:
        BadTrainingData: A folder does not exist or holds no image.
    """
    found: list[Path] = []
    for name in folders:
        folder = root / name
        if not folder.is_dir():
            raise BadTrainingData(f"the folder {folder} does not exist; give training images with --data")
        files = (path for path in folder.rglob("*") if path.suffix.lower() in image.EXTENSIONS)
        inside = sorted(files, key=lambda path: path.relative_to(folder).as_posix())
        if not inside:
            raise BadTrainingData(f"{folder} holds no image; expected {', '.join(image.EXTENSIONS)}")
        found += inside
    return found


def check(
    paths: Sequence[Path],
    held_out: Sequence[str],
    spread: int,
    smallest_px: int,
    multiple: int = 1,
    progress: Progress = NO_PROGRESS,
) -> Found:
    """Read every image once and sort out what cannot be trained on.

    Args:
        paths: Candidates.
        held_out: "folder/name" of images for validation; where it is empty, `spread` of them are taken evenly.
        spread: How many.
        smallest_px: An image with a shorter side is left out,
        multiple: once it is cropped to a multiple of this.
        progress: Shows a task with a step for each image.

    Raises:
        BadTrainingData: A file cannot be read, a held-out image is not there, or nothing is left.
    """
    tests = _test_images()
    left_out: Counter[str] = Counter()

    def look(path: Path) -> tuple[str, Path]:
        reason = _reason(path, smallest_px, multiple, tests)
        task.advance()
        return reason, path

    with progress.task("checking images", len(paths)) as task, ThreadPoolExecutor(8) as pool:
        looked = list(pool.map(look, paths))
    usable = [path for reason, path in looked if not reason]
    left_out.update(reason for reason, _ in looked if reason)
    chosen = _held_out(usable, held_out, spread)
    training = [path for path in usable if path not in set(chosen)]
    if not training:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "all are held out"
        raise BadTrainingData(f"no image is left to train on: {reasons}")
    return Found(training, chosen, left_out)


def _reason(path: Path, smallest_px: int, multiple: int, tests: dict[str, str]) -> str:
    """Why an image is left out; empty where it is not."""
    try:
        array = image.read(path)
    except BadImage as error:
        raise BadTrainingData(f"{error}. Take it out of the training images") from error
    if min(array.shape[:2]) // multiple * multiple < smallest_px:
        return f"smaller than a patch of {smallest_px} px"
    test = tests.get(hashlib.sha256(array.tobytes()).hexdigest())
    return f"belong to the test set {test}" if test else ""


def _test_images() -> dict[str, str]:
    """Pixel hashes of all pinned test images, with their set."""
    sets = [dataset for dataset in catalogue.catalogue().values() if dataset.id != _BUILTIN]
    return {entry.pixels_sha256: dataset.id for dataset in sets for entry in catalogue.images(dataset)}


def _held_out(usable: list[Path], names: Sequence[str], spread: int) -> list[Path]:
    if not names:
        count = min(spread, len(usable) - 1)
        return [usable[at * len(usable) // count] for at in range(count)]
    by_name = {f"{path.parent.name}/{path.stem}": path for path in usable}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise BadTrainingData(f"data.held_out: {missing[0]} is not among the training images")
    return [by_name[name] for name in names]
