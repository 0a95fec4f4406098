"""What is declared of a data set."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """One pinned HR image.

    Attributes:
        name: Without extension; unique in its set.
        path: "Set5/HR/baby.png" in the cache and a mirror.
        pixels_sha256: Of the decoded pixels: uint8, row-major, RGB or grey.
        sha256: Of the file; empty for images that come inside another package.
        size_bytes: Of the file.
        url: None where it cannot be fetched.
    """

    name: str
    path: str
    pixels_sha256: str
    sha256: str = ""
    size_bytes: int | None = None
    url: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A set of HR images.

    Attributes:
        id: Lower case, as on the command line.
        title: As papers write it.
        count: Number of images.
        folder: Its folder in a mirror or under `--data-root`.
        reference: Paper or page that introduced it.
        licence: What is known of the rights in the images.
        where: Where a person gets it.
        manifest: File of pinned images, in `manifests/`, or beside the module of another package's record; None where
            no image is pinned.
        package: Python package whose own files the images are, with the folder inside it.
        hr_multiple: The files are already cropped to a multiple of this; other scales do not compare with print.
        shares: Images it has in common with other data sets, by that set's id.
        trained: Training sets that hold some of its images, with which.
    """

    id: str
    title: str
    count: int
    folder: str
    reference: str
    licence: str
    where: str
    manifest: str | None = None
    package: tuple[str, str] | None = None
    hr_multiple: int = 1
    shares: tuple[tuple[str, str], ...] = ()
    trained: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Item:
    """One image of a set, found on this machine.

    Attributes:
        name: As in tables.
        hr: The file.
        lr: A given LR file; None where the protocol makes it.
        content: SHA-256 that stands for the HR (and LR) content in a row's key.
    """

    name: str
    hr: Path
    lr: Path | None
    content: str
