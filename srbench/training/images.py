"""Training images: they are listed, read once, and kept apart from the test sets before training starts."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from srbench.core import image, image_file, image_folder, image_remarks
from srbench.core.files import absent_or
from srbench.core.image_folder import Listing
from srbench.core.progress import NO_PROGRESS, Progress
from srbench.datasets import catalogue
from srbench.errors import BadImage, BadTrainingData, TooLarge

_BUILTIN = "builtin"
"""The data set of photographs for trying things out; no table of a paper rests on it, so that it may be trained on."""

_UNREADABLE = "cannot be used"
_NAMED = 5
"""Number of files that an error names."""

_HELD_OUT_PART = 10
"""One image of so many is held out for validation."""


@dataclass(frozen=True)
class TrainingImages:
    """Images that can be trained on.

    Attributes:
        training: Files of the training set.
        held_out: Files of the validation set.
        pixels: SHA-256 of the pixels of each file of the training set.
        excluded: Number of files that are not used, by reason.
        remarks: Lines that name the files that cannot be read, with the reason, those whose pixels a viewer would turn
            or show in other colours, and what the folders hold beside images.
    """

    training: list[Path]
    held_out: list[Path]
    pixels: dict[Path, str] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)
    remarks: tuple[str, ...] = ()


def list_images(root: Path, folders: Sequence[str]) -> list[Listing]:
    """List all image files in some folders, at any depth, in an order that does not depend on the file system.

    Args:
        root: The folder that relative folders are relative to.
        folders: Names of the folders.

    Raises:
        BadTrainingData: A folder does not exist or holds no image.
    """
    listings: list[Listing] = []
    for name in folders:
        folder = root / name
        if not folder.is_dir():
            raise BadTrainingData(f"{folder} {absent_or(folder, 'is no folder')}; expected a folder of training images")
        listing = image_folder.find(folder, deep=True)
        if not listing.images:
            more = "; ".join(listing.describe())
            endings = ", ".join(image_file.EXTENSIONS)
            raise BadTrainingData(f"{folder} holds no image; expected {endings}" + (f". {more}" if more else ""))
        listings.append(listing)
    return listings


def check_images(
    listings: Sequence[Listing],
    held_out: Sequence[str],
    validation_count: int,
    smallest_px: int,
    multiple: int = 1,
    progress: Progress = NO_PROGRESS,
) -> TrainingImages:
    """Read every image once and exclude those that cannot be trained on.

    Args:
        listings: Folders of images.
        held_out: "folder/name" of each image of the validation set; if empty, a tenth of the images is chosen, evenly
            spread over the list.
        validation_count: Number of images that are chosen at most.
        smallest_px: Length of the shortest side that an image may have after it is cropped to the multiple.
        multiple: The multiple that the sides of each image are cropped to.
        progress: Shows a task with one step for each image.

    Raises:
        BadTrainingData: A held-out image does not exist, or no image is left.
    """
    paths = [path for listing in listings for path in listing.images]
    test_images = _test_images()

    def check(path: Path) -> tuple[str, str]:
        found = _look_at(path, smallest_px, multiple, test_images)
        task.advance()
        return found

    with progress.task("checking images", len(paths)) as task, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(check, paths))
    reasons = [reason for reason, _ in found]
    pixels = {path: sha256 for path, (reason, sha256) in zip(paths, found, strict=True) if not reason}
    remarks = [line for listing in listings for line in listing.describe()]
    remarks += [f"left out: {line}" for reason, line in found if reason == _UNREADABLE]
    remarks += image_remarks.describe(
        {path.name: path for path, reason in zip(paths, reasons, strict=True) if not reason}
    )
    usable = [path for path, reason in zip(paths, reasons, strict=True) if not reason]
    excluded = Counter(reason for reason in reasons if reason)
    validation = _held_out(usable, held_out, validation_count)
    training = [path for path in usable if path not in set(validation)]
    if not training:
        counts = ", ".join(f"{count} {reason}" for reason, count in excluded.items()) or "all are held out"
        named = "".join(f"; {line}" for reason, line in found[:_NAMED] if reason == _UNREADABLE)
        raise BadTrainingData(f"no image is left to train on: {counts}{named}")
    return TrainingImages(training, validation, {path: pixels[path] for path in training}, excluded, tuple(remarks))


def _look_at(path: Path, smallest_px: int, multiple: int, test_images: dict[str, str]) -> tuple[str, str]:
    """Say why an image cannot be used, and what is wrong with its file; else nothing, and the hash of its pixels."""
    try:
        array = image.read(path)
    except (BadImage, TooLarge) as error:
        return _UNREADABLE, str(error)
    if min(array.shape[:2]) // multiple * multiple < smallest_px:
        return f"smaller than a patch of {smallest_px} px", ""
    sha256 = image.pixels_sha256(array)
    test_set = test_images.get(sha256)
    return (f"belong to the test set {test_set}", "") if test_set else ("", sha256)


def _test_images() -> dict[str, str]:
    """Return the pixel hash of each pinned test image, with the name of its data set."""
    sets = [dataset for dataset in catalogue.catalogue().values() if dataset.id != _BUILTIN]
    return {entry.pixels_sha256: dataset.id for dataset in sets for entry in catalogue.images(dataset)}


def _held_out(usable: list[Path], names: Sequence[str], validation_count: int) -> list[Path]:
    if not names:
        count = min(validation_count, max(1, len(usable) // _HELD_OUT_PART), len(usable) - 1)
        return [usable[number * len(usable) // count] for number in range(count)]
    by_name = {f"{path.parent.name}/{path.stem}": path for path in usable}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise BadTrainingData(f"data.held_out: {missing[0]} is not among the training images")
    return [by_name[name] for name in names]
