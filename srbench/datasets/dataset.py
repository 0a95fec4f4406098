"""Records of data sets, their pinned images, and the images that were found."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """One pinned HR image.

    Attributes:
        name: File name without extension; unique in its set.
        path: Path in the cache and in a mirror, as "Set5/HR/baby.png".
        pixels_sha256: SHA-256 of the decoded pixels: uint8, row-major, RGB or grey.
        sha256: SHA-256 of the file; empty for images that come inside another package.
        size_bytes: Size of the file.
        url: Address of the file; None where it cannot be fetched.
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
        id: Id on the command line, in lower case.
        title: Name as papers write it.
        count: Number of images.
        folder: Name of its folder in a mirror or under `--data-root`.
        reference: Paper or page that introduced it.
        licence: Licence of the images, as far as it is known.
        where: Address or instruction by which a person gets it.
        manifest: File of pinned images, in `manifests/`, or beside the module of another package's record; None where
            no image is pinned.
        package: Python package whose own files the images are, with the folder inside it.
        hr_multiple: Number of pixels to whose multiple the files are already cropped; other scales do not compare
            with print.
        shares: Id of each data set that has images in common with this one, and which.
        trained: Name of each training set that holds some of its images, and which.
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
        name: Name in tables.
        hr: File of the original.
        lr: File of a given LR image; None where the protocol makes it.
        hr_sha256: SHA-256 of the HR file, or of its pixels where those are pinned.
        lr_sha256: SHA-256 of the LR file; empty where the protocol makes LR.
        pinned: Whether the pixels of HR are pinned.
    """

    name: str
    hr: Path
    lr: Path | None
    hr_sha256: str
    lr_sha256: str = ""
    pinned: bool = False

    @property
    def content(self) -> str:
        """What stands for the content of HR, and of LR where it is given, in a row's key."""
        return self.hr_sha256 + self.lr_sha256
